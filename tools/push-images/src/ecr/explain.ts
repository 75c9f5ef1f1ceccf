import type { ECRServiceException } from '@aws-sdk/client-ecr';
import { PushImagesError } from '../errors.ts';

const credentialFaults = new Set([
  'CredentialsProviderError',
  'TokenProviderError',
  'ExpiredTokenException',
  'ExpiredToken',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
]);

/**
 * Turns what the AWS SDK throws into a sentence with a way out; anything else stays as it is.
 *
 * @param profile the AWS profile that was used, if one was
 */
export function explainEcrError(error: unknown, profile?: string): unknown {
  if (!(error instanceof Error) || error instanceof PushImagesError) return error;
  const said = `${error.name}: ${error.message}`;
  if (credentialFaults.has(error.name)) {
    return new PushImagesError(
      'ERR_CREDENTIALS',
      `AWS does not accept the credentials ${profile ? `of profile ${profile}` : 'it finds (AWS_PROFILE is not set)'}: ${said}\n` +
        `Log in, then try again: aws sso login --profile ${profile ?? '<profile>'}`,
      { cause: error },
    );
  }
  // The SDK marks what became of a call also where it never reached ECR.
  const { $metadata } = error as Partial<ECRServiceException>;
  if (!$metadata) return error;
  const attempts = $metadata.attempts ?? 1;
  return new PushImagesError(
    'ERR_REGISTRY',
    `the call to ECR failed: ${said}\n${wayOut(error.name, attempts)}`,
    {
      cause: error,
    },
  );
}

function wayOut(name: string, attempts: number): string {
  switch (name) {
    case 'RepositoryNotFoundException':
      return 'Deploy the registry layer first: npx nx run registry:deploy --stack <stack>';
    case 'AccessDeniedException':
      return 'The role needs that action on the repository: the AWS policy AmazonEC2ContainerRegistryPowerUser has all of them.';
    case 'LimitExceededException':
      return 'A quota of the account is used up: https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html';
    case 'KmsException':
      return 'The key that encrypts the repository cannot be used: see its state and its policy.';
    default:
      return (
        `That was the end of ${attempts} tries. ` +
        'Nothing half-done is left behind: run the same command again, and what did arrive is not sent twice.'
      );
  }
}
