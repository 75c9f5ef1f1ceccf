import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ServerMetrics } from './metrics.ts';

/** Where endpoint pickers listen to pods: each address that the host resolves to is one. */
export interface PickerPlace {
  /** A DNS name or an IPv4 address. */
  host: string;
  port: number;
}

/** What a pod tells pickers of itself. */
export interface PodReport {
  /** Where the pod accepts connections; its address is the one that the stream comes from. */
  port: number;
  /** Its slots. */
  limit: number;
  taken: number;
  /** It accepts nobody any more. */
  draining: boolean;
}

/** Time from one look-up of a host to the next, and from one report to the next where nothing changes. */
const INTERVAL_MS = 1000;

/** Time from the end of a stream to the next try. */
const RECONNECT_MS = 200;

/** Longest wait for a picker to accept a stream. */
const CONNECT_MS = 1000;

/** A picker that leaves more than this unread is cut, in bytes: the first line after that tells it all. */
const MOST_UNREAD_BYTES = 64 * 1024;

export interface PickerReports {
  pickers: readonly PickerPlace[];
  /** The pod's own address, from which its streams come, so that a picker knows whose word it is. */
  podIp: string;
  /** How the pod is now. */
  report: () => PodReport;
  metrics: { pickerStreams: Pick<ServerMetrics['pickerStreams'], 'inc' | 'dec'> };
  logger: Logger;
  /** Ends all streams. */
  signal: AbortSignal;
  /** All IPv4 addresses of a host. Default: what the system says. */
  lookUp?: (host: string) => Promise<string[]>;
}

/**
 * Keeps a stream to every picker, and tells all of them how the pod is once a second.
 *
 * @returns tells them at once; `opened` is the `x-request-id` of the upgrade that has just taken a slot
 */
export function reportToPickers(options: PickerReports): (opened?: string) => void {
  const { pickers, signal, lookUp = addressesOf } = options;
  const streams = new Map<string, PickerStream>();
  const found = new Map<PickerPlace, PickerPlace[]>();

  /** One stream to each address, whichever hosts resolve to it. */
  function follow(): void {
    const wanted = new Map([...found.values()].flat().map((at) => [`${at.host}:${at.port}`, at]));
    for (const [name, stream] of streams) {
      if (wanted.has(name)) continue;
      streams.delete(name);
      stream.end();
    }
    for (const [name, at] of wanted) {
      if (!streams.has(name)) streams.set(name, new PickerStream(at, name, options));
    }
  }

  async function watch(picker: PickerPlace): Promise<void> {
    while (!signal.aborted) {
      const startedAt = performance.now();
      // Without an answer the streams stay: DNS may be away for a while, and pickers are not.
      const addresses = await lookUp(picker.host).catch(() => undefined);
      if (signal.aborted) return;
      if (addresses) {
        found.set(
          picker,
          addresses.map((host) => ({ host, port: picker.port })),
        );
        follow();
      }
      const restMs = Math.max(0, startedAt + INTERVAL_MS - performance.now());
      await sleep(restMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  function tell(opened?: string): void {
    if (streams.size === 0) return;
    const line = lineOf(options.report(), opened);
    for (const stream of streams.values()) stream.write(line);
  }

  const timer = setInterval(tell, INTERVAL_MS);
  signal.addEventListener('abort', () => {
    clearInterval(timer);
    for (const stream of streams.values()) stream.end();
  });
  for (const picker of pickers) void watch(picker);
  return tell;
}

async function addressesOf(host: string): Promise<string[]> {
  return (await lookup(host, { all: true, family: 4 })).map(({ address }) => address);
}

function lineOf(report: PodReport, opened?: string): string {
  const { port, limit, taken, draining } = report;
  return `${JSON.stringify({ port, limit, taken, draining, ...(opened && { opened }) })}\n`;
}

/** A stream to one picker, opened again whenever it ends. */
class PickerStream {
  readonly #at: PickerPlace;
  readonly #name: string;
  readonly #options: PickerReports;
  #socket: Socket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(at: PickerPlace, name: string, options: PickerReports) {
    this.#at = at;
    this.#name = name;
    this.#options = options;
    this.#open();
  }

  /** Never waits: what a picker does not read is lost, and made up for by the first line of its next stream. */
  write(line: string): void {
    const socket = this.#socket;
    if (!socket || socket.connecting || socket.destroyed) return;
    socket.write(line);
    if (socket.writableLength > MOST_UNREAD_BYTES) socket.destroy();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#retry);
    this.#socket?.destroy();
  }

  #open(): void {
    const { podIp, report, metrics, logger } = this.#options;
    const socket = connect({ ...this.#at, localAddress: podIp, noDelay: true });
    this.#socket = socket;
    const patience = setTimeout(() => socket.destroy(), CONNECT_MS);
    socket.on('error', () => {});
    // A picker says nothing; what it says all the same is thrown away, so that its end is seen.
    socket.resume();
    socket.once('connect', () => {
      clearTimeout(patience);
      metrics.pickerStreams.inc();
      logger.info({ event: 'picker_connected', picker: this.#name });
      this.write(lineOf(report()));
      socket.once('close', () => {
        metrics.pickerStreams.dec();
        logger.info({ event: 'picker_lost', picker: this.#name });
      });
    });
    socket.once('close', () => {
      clearTimeout(patience);
      if (!this.#ended) this.#retry = setTimeout(() => this.#open(), RECONNECT_MS);
    });
  }
}
