import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeConfig } from '@kubernetes/client-node';

/** Where a pod's log is. */
export interface LogPlace {
  readonly config: KubeConfig;
  readonly namespace: string;
  readonly podName: string;
}

/** How far back a log is read at first, and how many lines at most. */
const history = { sinceSeconds: '3600', tailLines: '5000' };

/** Between the end of a stream and the next attempt to have one, in milliseconds. */
const PAUSE_MS = 1000;

/** What was written while there was no stream is here so long after there is one again, in milliseconds. */
const CATCH_UP_MS = 2000;

/** A connection without a byte for so long is asked by TCP whether it is still there, in milliseconds. */
const KEEP_ALIVE_MS = 10_000;

/** A line, and when it was written by the clock of its node. */
export interface LogLine {
  readonly text: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** RFC 3339 with nine decimals, of which milliseconds tell only three. */
  readonly stamp: string;
}

/** Told each line once and in order. */
type OnLine = (line: LogLine) => void | Promise<void>;

/**
 * What is kept of a log: the last lines of the last hour, with when they were written.
 *
 * @returns also the time by the API server's clock, in epoch milliseconds, cut to whole seconds
 * @throws {Error} when it cannot be read
 */
export async function readLog(
  place: LogPlace,
  signal: AbortSignal,
): Promise<{ lines: LogLine[]; serverMs: number | undefined }> {
  const response = await openLog(place, { ...history, timestamps: 'true' }, signal);
  let text = '';
  for await (const chunk of response) text += chunk;
  const lines = text.split('\n').slice(0, -1).map(logLine);
  const date = Date.parse(response.headers.date ?? '');
  return { lines, serverMs: Number.isNaN(date) ? undefined : date };
}

/** Follows the log of a pod over ends of the stream, until it is stopped. */
export class LogFollower {
  readonly #place: LogPlace;
  readonly #onLine: OnLine;
  readonly #stop = new AbortController();
  #stream = new AbortController();
  /** Of the last line that was told. */
  #last: LogLine | undefined;
  /** Whether there is a stream. */
  live = false;
  /** Since when lines may be missing that will come, in epoch milliseconds; undefined: none is. */
  behindSince: number | undefined = Date.now();

  /** @param after the line after which it begins; left out: with those of the last hour */
  constructor(place: LogPlace, onLine: OnLine, after?: LogLine) {
    this.#place = place;
    this.#onLine = onLine;
    this.#last = after;
    void this.#run();
  }

  /** Asks for a stream anew: the one of now may be dead without a sign, since a moment in epoch milliseconds. */
  reconnect(deadSince: number): void {
    this.behindSince ??= deadSince;
    this.#stream.abort();
  }

  stop(): void {
    this.#stop.abort();
    this.#stream.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#stream = new AbortController();
      // It ends with the container, with the API server, and when nothing was written for hours.
      await this.#follow(this.#stream.signal).catch(() => {});
      this.live = false;
      this.behindSince ??= Date.now();
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const last = this.#last;
    // It takes whole seconds.
    const since = last ? { sinceTime: `${new Date(last.atMs).toISOString().slice(0, 19)}Z` } : history;
    const response = await openLog(this.#place, { ...since, follow: 'true', timestamps: 'true' }, signal);
    this.live = true;
    const caughtUp = setTimeout(() => {
      this.behindSince = undefined;
    }, CATCH_UP_MS);
    try {
      // Half a line at the end of a stream is read whole from the next one.
      let rest = '';
      for await (const chunk of response) {
        const lines = `${rest}${chunk}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) await this.#line(logLine(line));
      }
    } finally {
      clearTimeout(caughtUp);
    }
  }

  async #line(line: LogLine): Promise<void> {
    if (this.#stop.signal.aborted || (this.#last && !isAfter(line, this.#last))) return;
    this.#last = line;
    await this.#onLine(line);
  }
}

function logLine(line: string): LogLine {
  const end = line.indexOf(' ');
  const stamp = line.slice(0, end);
  return { stamp, text: line.slice(end + 1), atMs: Date.parse(stamp) };
}

function isAfter(one: LogLine, other: LogLine): boolean {
  return one.atMs > other.atMs || (one.atMs === other.atMs && one.stamp > other.stamp);
}

async function openLog(
  { config, namespace, podName }: LogPlace,
  query: Record<string, string>,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  const server = config.getCurrentCluster()?.server ?? '';
  const url = new URL(`${server}/api/v1/namespaces/${namespace}/pods/${podName}/log`);
  url.search = String(new URLSearchParams(query));
  const options: https.RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { request } = url.protocol === 'http:' ? http : https;
  const sent = request(url, { ...options, signal });
  // What comes after the answer is the stream's to tell.
  sent.on('error', () => {});
  sent.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
  const [response] = (await once(sent.end(), 'response')) as [http.IncomingMessage];
  response.setEncoding('utf8');
  if (response.statusCode === 200) return response;
  response.destroy();
  throw new Error(`${url.pathname} answers ${response.statusCode}`);
}
