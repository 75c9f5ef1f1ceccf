import type { ECRServiceException } from '@aws-sdk/client-ecr';
import { credentialErrors } from '@envoy-poc/aws-facts';
import { logInCommand } from '@envoy-poc/aws-facts/log-in';
import { byProxy } from '@envoy-poc/proxy';
import { PushImagesError } from '../errors.ts';
import { isUnreachable } from './client.ts';

/**
 * Turns what the AWS SDK throws into a sentence with the next step; anything else stays as it is.
 *
 * @param profile the AWS profile that was used, if one was
 */
export async function explainEcrError(error: unknown, profile = process.env.AWS_PROFILE): Promise<unknown> {
  if (!(error instanceof Error) || error instanceof PushImagesError) return error;
  const cause = error;
  const said = `${error.name}: ${error.message}`;
  if (credentialErrors.has(error.name)) {
    const whose = profile ? `of profile ${profile}` : 'it finds (AWS_PROFILE is not set)';
    return new PushImagesError('ERR_CREDENTIALS', `AWS does not accept the credentials ${whose}: ${said}`, {
      value: profile,
      nextStep: await credentialsWayOut(error, profile),
      cause,
    });
  }
  // The SDK marks what became of a call also where it never reached ECR.
  const { $metadata } = error as Partial<ECRServiceException>;
  if (!$metadata) return error;
  if (isUnreachable(error) || cutOff.has((error as NodeJS.ErrnoException).code)) {
    return new PushImagesError(
      'ERR_REGISTRY',
      `the ECR API cannot be reached${byProxy('https://ecr.amazonaws.com')}: ${said}`,
      {
        nextStep:
          'See whether the network is up, and --endpoint or the region right. No tag was moved.\n' +
          'Images need no registry to be built: --output oci:DIR',
        cause,
      },
    );
  }
  if (isNoAnswerOfApi(error)) {
    return new PushImagesError(
      'ERR_REGISTRY',
      `what answered is not the ECR API (HTTP ${$metadata.httpStatusCode}): ${error.message.split('\n', 1)[0]}`,
      {
        nextStep:
          'It may be the page of a proxy or of a login to the network, or --endpoint is of something else. No tag was moved.',
        cause,
      },
    );
  }
  return new PushImagesError('ERR_REGISTRY', `the call to ECR failed: ${said}`, {
    value: error.name,
    nextStep: waysOut[error.name] ?? afterTries($metadata.attempts),
    cause,
  });
}

/** Codes of connections that were there and broke. */
const cutOff: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE']);

/** Whether an error of the SDK says that an answer was no JSON, such as the HTML page of a proxy. */
export function isNoAnswerOfApi(error: unknown): boolean {
  return error instanceof SyntaxError && '$metadata' in error;
}

/** STS answers so where the role's trust policy does not name who asks, however good its credentials are. */
const refusedRole: ReadonlySet<string | undefined> = new Set(['AccessDenied', 'AccessDeniedException']);

async function credentialsWayOut({ cause }: Error, profile: string | undefined): Promise<string> {
  const { AWS_ROLE_ARN: role } = process.env;
  if (cause instanceof Error && refusedRole.has(cause.name)) {
    const which = profile ? `the role that profile ${profile} takes` : (role ?? 'the role');
    return `Let the trust policy of ${which} name whoever takes it, or take another role.`;
  }
  return `To go on: ${await logInCommand(profile, process.env)}`;
}

const waysOut: Readonly<Record<string, string>> = {
  RepositoryNotFoundException: 'Deploy the registry layer first: npx nx run registry:deploy --stack <stack>',
  AccessDeniedException:
    'The role needs that action on the repository: the AWS policy AmazonEC2ContainerRegistryPowerUser has all of them.',
  LimitExceededException:
    'A quota of the account is used up: https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html',
  KmsException: 'The key that encrypts the repository cannot be used: see its state and its policy.',
};

function afterTries(tries = 1): string {
  return (
    `That was the end of ${tries} tries. ` +
    'Nothing half-done is left behind: run the same command again, and what did arrive is not sent twice.'
  );
}
