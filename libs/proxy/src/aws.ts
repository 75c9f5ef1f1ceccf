import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { agentsInUse } from './use-proxies.ts';

/** What the AWS SDK's clients take as `requestHandler`, as far as it is used here. Times in milliseconds. */
export interface RequestHandlerOptions {
  readonly connectionTimeout?: number;
  readonly requestTimeout?: number;
  readonly throwOnRequestTimeout?: boolean;
}

/**
 * Options for a client of the AWS SDK: how it makes requests, through proxies where there are any. The SDK asks for
 * credentials (SSO, roles) with clients of its own, which must be told too, or they would go past the proxy.
 *
 * @param profile the AWS profile, if one is named
 */
export function awsRequests(requestHandler: RequestHandlerOptions, profile: string | undefined) {
  const agents = agentsInUse();
  if (!agents) return { requestHandler };
  const through = { ...requestHandler, ...agents };
  const clientConfig = { requestHandler: through };
  return {
    requestHandler: through,
    credentials: defaultProvider({ clientConfig, ...(profile !== undefined && { profile }) }),
  };
}
