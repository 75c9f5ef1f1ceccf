import type { ECRServiceException } from '@aws-sdk/client-ecr';
import { credentialErrors } from '@envoy-poc/aws-facts';
import { logInCommand } from '@envoy-poc/aws-facts/log-in';
import { byProxy } from '@envoy-poc/proxy';
import { PushImagesError } from '../errors.ts';

/**
 * Turns what the AWS SDK throws into a sentence with a way out; anything else stays as it is.
 *
 * @param profile the AWS profile that was used, if one was
 */
export async function explainEcrError(error: unknown, profile?: string): Promise<unknown> {
  if (!(error instanceof Error) || error instanceof PushImagesError) return error;
  const said = `${error.name}: ${error.message}`;
  if (credentialErrors.has(error.name)) {
    return new PushImagesError(
      'ERR_CREDENTIALS',
      `AWS does not accept the credentials ${profile ? `of profile ${profile}` : 'it finds (AWS_PROFILE is not set)'}: ${said}\n` +
        `Log in, then try again: ${await logInCommand(profile ?? process.env.AWS_PROFILE, process.env)}`,
      { cause: error },
    );
  }
  // The SDK marks what became of a call also where it never reached ECR.
  const { $metadata, code } = error as Partial<ECRServiceException> & NodeJS.ErrnoException;
  if (!$metadata) return error;
  if (unreachable.test(`${code} ${error.name}`)) {
    return new PushImagesError(
      'ERR_REGISTRY',
      `the ECR API cannot be reached${byProxy('https://ecr.amazonaws.com')}: ${said}\n` +
        'See whether the network is up, and --endpoint or the region right. No tag was moved.\n' +
        'Images need no registry to be built: --output oci:DIR',
      { cause: error },
    );
  }
  if (isNoAnswerOfApi(error)) {
    return new PushImagesError(
      'ERR_REGISTRY',
      `what answered is not the ECR API (HTTP ${$metadata.httpStatusCode}): ${error.message.split('\n', 1)[0]}\n` +
        'It may be the page of a proxy or of a login to the network, or --endpoint is of something else. No tag was moved.',
      { cause: error },
    );
  }
  const attempts = $metadata.attempts ?? 1;
  return new PushImagesError(
    'ERR_REGISTRY',
    `the call to ECR failed: ${said}\n${wayOut(error.name, attempts)}`,
    {
      cause: error,
    },
  );
}

const unreachable =
  /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE|ERR_PROXY_TUNNEL|TimeoutError/;

/** Whether an error of the SDK says that an answer was no JSON, such as the HTML page of a proxy. */
export function isNoAnswerOfApi(error: unknown): boolean {
  return error instanceof SyntaxError && '$metadata' in error;
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
