/**
 * Names of the errors by which AWS or its SDK says that there are no credentials, or none that hold: those of the SDK's
 * providers, and the common errors of AWS's APIs
 * (https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html; EC2 has `AuthFailure`; S3 has
 * `InvalidAccessKeyId` and `InvalidToken`, https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
 */
export const credentialErrors: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'TokenProviderError',
  'ExpiredTokenException',
  'ExpiredToken',
  'RequestExpired',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidAccessKeyId',
  'InvalidToken',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'AuthFailure',
]);
