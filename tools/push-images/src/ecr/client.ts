import { ECRClient } from '@aws-sdk/client-ecr';
import { awsRequests } from '@envoy-poc/proxy/aws';
import type { Progress } from '../progress.ts';
import { waitingFor } from '../waiting.ts';
import { ReachingRetryStrategy } from './retry-strategy.ts';

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
  /** Told what is waited for. */
  readonly progress?: Pick<Progress, 'note'>;
}

/** A client for the registry of a region; credentials as the AWS SDK finds them (`AWS_PROFILE` and so on). */
export function ecrClient(region: string, options: ClientOptions = {}): ECRClient {
  const { progress = { note() {} }, maxAttempts = 8 } = options;
  const place = options.endpoint ?? `the ECR API of ${region}`;
  const client = new ECRClient({
    region,
    ...(options.endpoint ? { endpoint: options.endpoint } : {}),
    ...(options.profile ? { profile: options.profile } : {}),
    maxAttempts,
    retryStrategy: new ReachingRetryStrategy(maxAttempts, (said, next, tries) =>
      progress.note(`${place} cannot be reached (${said}), trying again: ${next} of ${tries}`),
    ),
    ...awsRequests(
      {
        connectionTimeout: 10_000,
        requestTimeout: options.requestTimeoutMilliseconds ?? 180_000,
        throwOnRequestTimeout: true,
      },
      options.profile,
    ),
  });
  let waiting = false;
  client.middlewareStack.add(
    (next, context) => (args) => {
      // Parts show themselves how far they are, and of several calls at once one says enough.
      if (waiting || context.commandName === 'UploadLayerPartCommand') return next(args);
      waiting = true;
      return waitingFor(place, progress, next(args)).finally(() => {
        waiting = false;
      });
    },
    { step: 'initialize', name: 'sayWhatIsWaitedFor' },
  );
  return client;
}
