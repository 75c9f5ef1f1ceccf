import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import { Budget, LEAST_BYTES_A_READ } from './budget.ts';
import type { ServerSettings } from './config.ts';
import type { BudgetName, ServerMetrics } from './metrics.ts';
import type { Reply } from './reply.ts';

/** A peer that leaves more than this unread is cut, in bytes. */
const MAX_BUFFERED_BYTES = 64 * 1024;

/** What joins the log lines of one connection with each other, and with those of the client and the edge. */
export interface ConnectionIds {
  readonly connectionId: string;
  readonly requestId?: string;
}

/**
 * One open WebSocket: answers messages, watches that the peer lives, ends in bounded time. Thousands of them lie idle in
 * the memory of a pod, so each keeps little: no logger of its own, few listeners and closures.
 */
export class Connection {
  /** Address at the other end of the TCP connection: an edge, or a client that came past them. */
  readonly peer: string;
  readonly #socket: WebSocket;
  readonly #settings: ServerSettings;
  readonly #metrics: ServerMetrics;
  readonly #logger: Logger;
  readonly #ids: ConnectionIds;
  readonly #reply: Reply;
  readonly #openedAt = performance.now();
  readonly #budgets: Readonly<Record<BudgetName, Budget>>;
  #ending: { code: number; reason: string } | undefined;
  #messages = 0;
  #alive = true;
  /** When the last bytes came, in milliseconds of the clock of `performance`: one look at the clock a read. */
  #readMs = 0;

  constructor(
    socket: WebSocket,
    transport: Socket,
    settings: ServerSettings,
    metrics: ServerMetrics,
    logger: Logger,
    ids: ConnectionIds,
    reply: Reply,
  ) {
    this.peer = transport.remoteAddress ?? '';
    this.#socket = socket;
    this.#settings = settings;
    this.#metrics = metrics;
    this.#logger = logger;
    this.#ids = ids;
    this.#reply = reply;
    this.#budgets = {
      messages: new Budget(settings.messagesPerSecondPerConnection, this.#openedAt),
      bytes: new Budget(settings.bytesPerSecondPerConnection, this.#openedAt),
    };
    // Before ws reads them: what is too much is not looked at.
    transport.prependListener('data', ({ length }) => {
      this.#readMs = performance.now();
      this.#spend('bytes', Math.max(length, LEAST_BYTES_A_READ));
    });
    socket.on('message', (data, isBinary) => {
      if (this.#spend('messages', 1)) this.#receive(data as Buffer, isBinary);
    });
    socket.on('pong', () => {
      this.#alive = true;
      this.#spend('messages', 1);
    });
    socket.on('ping', () => {
      if (this.#spend('messages', 1)) this.#cutIfUnread();
    });
    socket.on('error', (error) => {
      this.#ending ??= { code: closeCodeOf(error), reason: error.message };
    });
    transport.on('end', () => this.#boundHalfClose());
    const watch = setInterval(() => this.#watchPeer(), settings.pingIntervalSeconds * 1000);
    socket.on('close', () => clearInterval(watch));
  }

  /** Settles when the connection has ended. */
  get closed(): Promise<void> {
    const socket = this.#socket;
    if (socket.readyState === socket.CLOSED) return Promise.resolve();
    return new Promise((resolve) => void socket.once('close', () => resolve()));
  }

  /** Starts the closing handshake; ws cuts a peer that does not answer in time. */
  close(code: number, reason: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#ending = { code, reason };
    this.#socket.close(code, reason);
  }

  /** Closes after `delayMs`, unless it ends before; done when it has ended. */
  async closeAfter(delayMs: number, code: number, reason: string): Promise<void> {
    const early = new AbortController();
    const { closed } = this;
    void closed.then(() => early.abort());
    await sleep(delayMs, undefined, { signal: early.signal }).catch(() => {});
    this.close(code, reason);
    await closed;
  }

  /** Cuts the connection without a closing handshake. */
  cut(reason: string): void {
    this.#ending ??= { code: 1006, reason };
    this.#socket.terminate();
  }

  /** What the log tells about the end. The first cause wins over what it led to. */
  summary(code: number, reason: Buffer) {
    return {
      code: this.#ending?.code ?? code,
      reason: this.#ending?.reason ?? reason.toString(),
      durationMs: Math.round(performance.now() - this.#openedAt),
      messages: this.#messages,
    };
  }

  /**
   * Whether the connection is open and its budget holds `amount`. If it does not, the peer is told to go, and nothing
   * more is read until ws cuts it: to read on would be the work that the budget is there to spare the others.
   */
  #spend(name: BudgetName, amount: number): boolean {
    const isOpen = this.#socket.readyState === this.#socket.OPEN;
    const budget = this.#budgets[name];
    if (budget.take(amount, this.#readMs)) return isOpen;
    if (isOpen) {
      this.#metrics.overBudget.inc({ budget: name });
      this.close(1008, `more than ${budget.perSecond} ${name} a second`);
    }
    this.#socket.pause();
    return false;
  }

  #receive(message: Buffer, isBinary: boolean): void {
    if (isBinary) {
      this.close(1003, 'text messages only');
      return;
    }
    this.#messages++;
    this.#metrics.messages.inc();
    if (this.#logger.isLevelEnabled('debug')) {
      this.#logger.debug({ ...this.#ids, event: 'message', bytes: message.length });
    }
    const receivedMs = this.#readMs;
    this.#socket.send(this.#reply(), { binary: false }, (error) => {
      if (!error) this.#metrics.replySeconds.observe((performance.now() - receivedMs) / 1000);
    });
    this.#cutIfUnread();
  }

  #cutIfUnread(): void {
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) this.cut('peer does not read');
  }

  /** A peer that sends no more and leaves our bytes unread would keep its slot: ws waits until they are read. */
  #boundHalfClose(): void {
    const { closeTimeoutSeconds } = this.#settings;
    const timer = setTimeout(() => this.cut('half-closed'), closeTimeoutSeconds * 1000);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  #watchPeer(): void {
    if (!this.#alive) {
      this.cut(`no pong within ${this.#settings.pingIntervalSeconds} s`);
      return;
    }
    this.#alive = false;
    this.#socket.ping();
  }
}

function closeCodeOf(error: NodeJS.ErrnoException): number {
  switch (error.code) {
    case 'WS_ERR_INVALID_UTF8':
      return 1007;
    case 'WS_ERR_TOO_MANY_BUFFERED_PARTS':
      return 1008;
    case 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH':
    case 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH':
      return 1009;
    default:
      return error.code?.startsWith('WS_ERR_') ? 1002 : 1006;
  }
}
