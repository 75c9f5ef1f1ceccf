import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { CredentialsProviderError } from '@smithy/core/config';
import { agentsInUse } from './use-proxies.ts';

/** What the AWS SDK's clients take as `requestHandler`, as far as it is used here. Times in milliseconds. */
export interface RequestHandlerOptions {
  readonly connectionTimeout?: number;
  readonly requestTimeout?: number;
  readonly throwOnRequestTimeout?: boolean;
}

/**
 * Options for a client of the AWS SDK: how it makes requests, through proxies where there are any, and with whose
 * credentials. The SDK asks for credentials (SSO, roles) with clients of its own, which must be told of proxies too, or
 * they would go past them.
 *
 * @param profile the AWS profile, if one is named
 */
export function awsRequests(options: RequestHandlerOptions, profile: string | undefined) {
  const requestHandler = { ...options, ...agentsInUse() };
  const clientConfig = { requestHandler };
  const find = defaultProvider({ clientConfig, ...(profile !== undefined && { profile }) });
  const credentials: typeof find = (asking) =>
    find(asking).catch((error: unknown) => {
      throw noCredentials(error);
    });
  return { requestHandler, credentials };
}

/**
 * What is thrown where credentials are looked for is an error of credentials, by its name too: the SDK also throws
 * ENOENT for a token's file, a TypeError for a profile whose `sso_session` is nowhere, and what STS answers. But a
 * place that did not answer, or not in earnest, says nothing of credentials.
 */
function noCredentials(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof CredentialsProviderError) return error;
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  const refused = $metadata?.httpStatusCode ?? 0;
  if ($metadata && (refused < 400 || refused >= 500 || refused === 429)) return error;
  const known = new CredentialsProviderError(error.message, { tryNextLink: false });
  return Object.assign(known, { cause: error });
}
