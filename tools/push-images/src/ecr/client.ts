import { ECRClient } from '@aws-sdk/client-ecr';
import { awsRequests } from '@envoy-poc/proxy/aws';

/** How calls to ECR go wrong and come right. */
export interface ClientOptions {
  /** Where the ECR API is, if not at AWS. */
  readonly endpoint?: string | undefined;
  /** The AWS profile whose credentials are used; without one, those that the SDK finds. */
  readonly profile?: string | undefined;
  /** Tries of one call until its error is final; the SDK waits longer before each (up to 20 s), longest when throttled. */
  readonly maxAttempts?: number;
  /** How long one call may take; a part of 10 MiB at 1 Mbit/s takes 112 s with its base64. */
  readonly requestTimeoutMilliseconds?: number;
}

/** A client for the registry of a region; credentials as the AWS SDK finds them (`AWS_PROFILE` and so on). */
export function ecrClient(region: string, options: ClientOptions = {}): ECRClient {
  return new ECRClient({
    region,
    ...(options.endpoint ? { endpoint: options.endpoint } : {}),
    ...(options.profile ? { profile: options.profile } : {}),
    maxAttempts: options.maxAttempts ?? 8,
    retryMode: 'standard',
    ...awsRequests(
      {
        connectionTimeout: 10_000,
        requestTimeout: options.requestTimeoutMilliseconds ?? 180_000,
        throwOnRequestTimeout: true,
      },
      options.profile,
    ),
  });
}
