import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { AttemptResult } from './metrics.ts';

/** Bytes of a refusal's body that are kept. */
const DETAIL_BYTES = 200;

/** Largest reply accepted, in bytes. */
const MAX_REPLY_BYTES = 64 * 1024;

/** Longest wait for the peer's part of a close, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2000;

/** Why an attempt did not end in an open connection. */
export interface Refusal {
  reason: Exclude<AttemptResult, 'open'>;
  /** HTTP status; undefined when there was no HTTP answer. */
  status?: number;
  /** Start of the answer's body, or what went wrong. */
  detail: string;
}

export interface AttemptOptions {
  /** Sent as `x-request-id`; joins the logs of client, edge and server. */
  requestId: string;
  handshakeTimeoutSeconds: number;
  sourceAddress?: string;
  /** Aborted when the client stops. */
  signal: AbortSignal;
}

/**
 * Tries to open one WebSocket; resolves when the answer is known, never later than the time-out.
 *
 * @param onOpen gets the open socket before anything can arrive on it
 * @returns why it was refused; undefined when it is open
 */
export function attempt(
  url: string,
  options: AttemptOptions,
  onOpen: (socket: WebSocket) => void,
): Promise<Refusal | undefined> {
  const { promise, resolve } = Promise.withResolvers<Refusal | undefined>();
  const socket = new WebSocket(url, {
    headers: { 'x-request-id': options.requestId },
    perMessageDeflate: false,
    maxPayload: MAX_REPLY_BYTES,
    ...(options.sourceAddress !== undefined && { localAddress: options.sourceAddress }),
    // Known to ws 8.19 and newer, not yet to its types.
    ...{ closeTimeout: CLOSE_TIMEOUT_MS },
  });
  let response: IncomingMessage | undefined;
  const timer = setTimeout(() => {
    // A body that does not end in time counts as far as it came.
    if (response) response.destroy();
    else giveUp(`no answer within ${options.handshakeTimeoutSeconds} s`);
  }, options.handshakeTimeoutSeconds * 1000);
  const stop = () => giveUp('client stopped');
  options.signal.addEventListener('abort', stop);

  let settled = false;
  function settle(refusal?: Refusal): void {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    options.signal.removeEventListener('abort', stop);
    if (refusal) socket.terminate();
    else onOpen(socket);
    resolve(refusal);
  }
  function giveUp(detail: string): void {
    settle({ reason: 'other', detail });
  }

  socket.once('open', () => settle());
  socket.on('error', (error: NodeJS.ErrnoException) => giveUp(error.code ?? error.message));
  socket.once('unexpected-response', async (_request, refusal) => {
    response = refusal;
    settle(toRefusal(refusal, await readStart(refusal, DETAIL_BYTES)));
  });
  return promise;
}

function toRefusal(response: IncomingMessage, detail: string): Refusal {
  const status = response.statusCode ?? 0;
  return { reason: reasonOf(status, response.headers['x-refusal']), status, detail };
}

function reasonOf(status: number, refusal: unknown): Refusal['reason'] {
  if (status === 429) return 'rate';
  return status === 503 && refusal === 'full' ? 'full' : 'other';
}

/** The first `limit` bytes of a body as text; what came until then if it breaks off. */
async function readStart(response: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= limit) break;
    }
  } catch {
    // A body that breaks off says as much as it says.
  }
  // Streaming drops a character that the limit cut in two.
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, limit), { stream: true }).trim();
}
