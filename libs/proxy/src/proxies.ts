import { isFor, type NoProxyEntry, readNoProxy } from './no-proxy.ts';

/** The proxies that an environment names, and what goes past them. */
export interface Proxies {
  readonly http?: URL;
  readonly https?: URL;
  readonly past: readonly NoProxyEntry[];
}

/** An error of the environment: names the variable, its value and the next step. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly code = 'ERR_PROXY';
}

/**
 * Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in lower or upper case as the AWS CLI, curl and Node do: the lower one
 * counts where both are set.
 *
 * @returns undefined where no proxy is named, or NO_PROXY leaves everything out
 * @throws {ProxyError} for what is no URL of an HTTP proxy
 */
export function readProxies(env: NodeJS.ProcessEnv): Proxies | undefined {
  const past = readNoProxy(env.no_proxy || env.NO_PROXY || '');
  const [http, https] = [proxy(env, 'http_proxy'), proxy(env, 'https_proxy')];
  if (past === 'everything' || !(http || https)) return undefined;
  return { ...(http && { http }), ...(https && { https }), past };
}

function proxy(env: NodeJS.ProcessEnv, lower: string): URL | undefined {
  const name = env[lower] ? lower : lower.toUpperCase();
  const value = env[name]?.trim();
  if (!value) return undefined;
  const url = URL.parse(/^[a-z\d+.-]+:\/\//i.test(value) ? value : `http://${value}`);
  if (url?.hostname && /^https?:$/.test(url.protocol)) return url;
  const shown = value.replace(/\/\/[^@/]*@/, '//***@');
  throw new ProxyError(
    `${name} is ${JSON.stringify(shown)}, which is not an HTTP proxy.\n` +
      `Give one like http://proxy.example.com:3128, or none: unset ${name}`,
  );
}

/** The proxy that leads to a URL; undefined: nothing stands between. WebSockets go the way of HTTP. */
export function proxyOf(proxies: Proxies | undefined, url: string | URL): URL | undefined {
  const { protocol, hostname, port } = new URL(url);
  const secure = /^(https|wss):$/.test(protocol);
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (proxies?.past.some((entry) => isFor(entry, host, port || (secure ? '443' : '80')))) return undefined;
  return secure ? proxies?.https : proxies?.http;
}
