import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/**
 * Whether a `Host` header names the server as its operators do: by address, as `localhost`, by a name of one label or by
 * that of a Kubernetes Service. A page of another site can bring a browser here by a public DNS name that resolves to
 * this address ("DNS rebinding"), and that name is then what the header holds. Without one it is no browser.
 */
export function isOperatorHost(host: string | undefined): boolean {
  if (host === undefined) return true;
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return isIP(name) !== 0 || /^[a-z0-9_-]+$/i.test(name) || /\.svc(\.cluster\.local)?\.?$/i.test(name);
}

/** Whether a browser says that a page of another site makes the request; programs that are no browsers say nothing. */
export function isForeignPage(headers: IncomingHttpHeaders, allowedOrigins: readonly string[]): boolean {
  const { origin } = headers;
  if (origin !== undefined) return !allowedOrigins.includes(origin);
  const from = headers['sec-fetch-site'];
  return from !== undefined && from !== 'same-origin' && from !== 'none' && !isVisit(headers);
}

/** Somebody follows a link here, which shows the page to nobody but them. */
function isVisit(headers: IncomingHttpHeaders): boolean {
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
}
