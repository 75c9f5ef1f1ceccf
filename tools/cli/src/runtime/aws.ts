import { credentialErrors } from '@envoy-poc/aws-facts';
import { logInCommand } from '@envoy-poc/aws-facts/log-in';
import { byProxy } from '@envoy-poc/proxy';
import { awsRequests } from '@envoy-poc/proxy/aws';
import { CheckError } from './errors.ts';
import type { AwsPlace } from './stack-settings.ts';

/** What AWS SDK clients are made with: tries and waits that fit a person who is watching. */
export function awsOptions({ region, profile }: AwsPlace) {
  return {
    region,
    ...(profile !== undefined && { profile }),
    maxAttempts: 3,
    ...awsRequests({ connectionTimeout: 5000, requestTimeout: 15_000, throwOnRequestTimeout: true }, profile),
  };
}

const unreachable = /ENOTFOUND|ECONNREFUSED|ECONNRESET|ERR_PROXY_TUNNEL|TimeoutError/;
const accessFaults = /AccessDenied|Forbidden|UnauthorizedOperation|NotAuthorized/;

/** Most services name the action that is denied, which may be another one of several that a question takes. */
const deniedAction = /not authorized to perform:? (?<action>[a-z0-9-]+:\w+)/;

/** What is known of an error of the AWS SDK. */
interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/**
 * Does something with AWS; an error becomes a sentence with the next step.
 *
 * @param action the IAM action that is needed, such as `s3:ListBucket`
 * @throws {CheckError}
 */
export async function askAws<T>(place: AwsPlace, action: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw await awsError(place, action, error);
  }
}

async function awsError({ profile, region }: AwsPlace, action: string, error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || error.name === 'AbortError') return error;
  const { name, message, $metadata } = error as SdkError;
  const options = { cause: error };
  if (credentialErrors.has(name)) {
    const logIn = await logInCommand(profile, process.env);
    return new CheckError(`AWS does not take the credentials: ${name}: ${message}`, logIn, options);
  }
  if (accessFaults.test(name) || $metadata?.httpStatusCode === 403) {
    const denied = deniedAction.exec(message)?.groups?.action ?? action;
    return new CheckError(
      `${denied} is not allowed: ${name}: ${message}`,
      `let somebody give ${profile === undefined ? 'you' : `the role of profile ${profile}`} the action ${denied}`,
      options,
    );
  }
  const code = (error as NodeJS.ErrnoException).code;
  if (unreachable.test(`${code} ${name}`)) {
    const way = byProxy(`https://sts.${region}.amazonaws.com`);
    return new CheckError(
      `AWS cannot be reached in ${region}${way}: ${message}`,
      'see whether the network is up and the region is right; npx envoy-poc doctor --offline looks at all that needs no AWS',
      options,
    );
  }
  if ($metadata === undefined) return error;
  return new CheckError(
    `${action} failed: ${name}: ${message}`,
    'run this again; if it stays, look the error up',
    options,
  );
}
