import type { ServerOptions } from 'node:http';

/** Largest head of a request: more than an edge lets through with what it adds itself, so that it is the one to refuse. */
const MAX_HEAD_BYTES = 32 * 1024;

/** Options of an HTTP server that bound the head of a request: its size, and how long it may take to come. */
export function headBounds(seconds: number): ServerOptions {
  const timeoutMs = seconds * 1000;
  return {
    maxHeaderSize: MAX_HEAD_BYTES,
    headersTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    connectionsCheckingInterval: Math.min(500, timeoutMs / 2),
  };
}

/** How a request is answered whose head Node could not read. */
export function unreadable(error: NodeJS.ErrnoException): { status: 400 | 408 | 431; detail: string } {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, detail: `head too large: at most ${MAX_HEAD_BYTES} bytes` };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, detail: 'the head of the request did not come in time' };
    default:
      return { status: 400, detail: `not an HTTP request: ${error.code ?? error.message}` };
  }
}
