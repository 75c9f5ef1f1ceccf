import { isIP } from 'node:net';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import * as z from 'zod';
import type { ClientMetrics } from './metrics.ts';

/** Bytes of an unusable reply that are logged. */
const DETAIL_BYTES = 200;

const replySchema = z.object({
  timestamp: z.iso.datetime(),
  podIp: z.string().refine((value) => isIP(value) !== 0),
});

/** One open WebSocket of the client; at most one message waits for its reply. */
export class Connection {
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #replyTimeoutSeconds: number;
  readonly #metrics: ClientMetrics;
  readonly #logger: Logger;
  #unanswered: { sentAt: number; timer: NodeJS.Timeout } | undefined;
  #ending: { code: number; reason: string } | undefined;

  constructor(socket: WebSocket, replyTimeoutSeconds: number, metrics: ClientMetrics, logger: Logger) {
    this.#socket = socket;
    this.#replyTimeoutSeconds = replyTimeoutSeconds;
    this.#metrics = metrics;
    this.#logger = logger;
    socket.on('message', (data, isBinary) => this.#receive(data.toString(), isBinary));
    socket.on('error', (error) => {
      this.#ending ??= { code: 1006, reason: error.message };
    });
    const openedAt = performance.now();
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        clearTimeout(this.#unanswered?.timer);
        logger.info({
          event: 'close',
          ...(this.#ending ?? { code, reason: reason.toString() }),
          unanswered: this.#unanswered !== undefined,
          durationMs: Math.round(performance.now() - openedAt),
        });
        resolve();
      });
    });
  }

  /** Whether a message may be sent: open, and the last one answered. */
  get ready(): boolean {
    return this.#socket.readyState === this.#socket.OPEN && this.#unanswered === undefined;
  }

  /** Sends a message and watches for its reply. */
  send(message: string): void {
    const timer = setTimeout(() => this.#missReply(), this.#replyTimeoutSeconds * 1000);
    this.#unanswered = { sentAt: performance.now(), timer };
    this.#metrics.messagesSent.inc();
    this.#socket.send(message);
  }

  /** Starts the closing handshake. */
  close(code: number, reason: string): void {
    this.#ending ??= { code, reason };
    this.#socket.close(code, reason);
  }

  /** Cuts the connection without a closing handshake. */
  cut(reason: string): void {
    this.#ending ??= { code: 1006, reason };
    this.#socket.terminate();
  }

  #receive(text: string, isBinary: boolean): void {
    const asked = this.#unanswered;
    this.#unanswered = undefined;
    clearTimeout(asked?.timer);
    const reply = isBinary || !asked ? undefined : parseReply(text);
    if (!asked || !reply) {
      const detail = text.slice(0, DETAIL_BYTES);
      this.#logger.warn({ event: 'reply_invalid', asked: asked !== undefined, isBinary, detail });
      return;
    }
    const roundTripMs = performance.now() - asked.sentAt;
    this.#metrics.replies.inc();
    this.#metrics.roundTripSeconds.observe(roundTripMs / 1000);
    this.#logger.info({ event: 'reply', ...reply, roundTripMs: Math.round(roundTripMs * 1000) / 1000 });
  }

  #missReply(): void {
    this.#logger.warn({ event: 'reply_missing', waitedSeconds: this.#replyTimeoutSeconds });
    // A server that does not answer may be gone without a word: nothing else on this side would notice.
    this.cut(`no reply within ${this.#replyTimeoutSeconds} s`);
  }
}

function parseReply(text: string): z.output<typeof replySchema> | undefined {
  try {
    return replySchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
