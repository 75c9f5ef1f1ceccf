import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from 'node:http';
import { isForeignPage, isOperatorHost } from './callers.ts';

/** What answers `/metrics`: a prom-client `Registry`. */
export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** The answer of `/healthz`. */
export interface Health {
  status: 200 | 503;
  body: string;
  headers?: OutgoingHttpHeaders;
}

/**
 * Answers `/healthz` and `/metrics`; every other path goes to `otherwise`. A page of another site, which a browser on the
 * same network would let in, gets 403.
 */
export function probes(
  source: MetricsSource,
  health: () => Health,
  otherwise: (request: IncomingMessage, response: ServerResponse) => void,
): RequestListener {
  return (request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path !== '/healthz' && path !== '/metrics') return otherwise(request, response);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return sendText(response, 405, `${path} takes GET only\n`, { allow: 'GET, HEAD' });
    }
    if (!isOperatorHost(request.headers.host) || isForeignPage(request.headers, [])) {
      return sendText(
        response,
        403,
        `${path} answers by address or service name only, and no page of another site\n`,
      );
    }
    if (path === '/healthz') {
      const { status, body, headers } = health();
      return sendText(response, status, body, headers);
    }
    source.metrics().then(
      (body) => sendText(response, 200, body, { 'content-type': source.contentType }),
      (error: unknown) => sendText(response, 500, `${error}\n`),
    );
  };
}

/** A whole plain-text response. */
export function sendText(
  response: ServerResponse,
  status: number,
  body: string,
  headers: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}
