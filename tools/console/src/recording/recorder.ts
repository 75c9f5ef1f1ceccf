import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { bundlePage } from '../bundle.ts';
import type { RunEvent, Verdict } from '../events.ts';
import type { RequestLog } from '../server.ts';
import { reduce, type View } from '../view.ts';
import { eventsOf, eventTables, type Told } from './columns.ts';
import { logTables } from './logs.ts';
import type { Beginning, Moment } from './recording.ts';

/** Events are compressed together for so long, or so many of them. */
const PART_MS = 300_000;
const PART_EVENTS = 5000;

/** What is kept, compressed: about a day of the default run. */
const MOST_BYTES = 8 * 2 ** 20;

/** Log lines are kept beside, in so much of that: about eight hours of the default run. */
const LOG_SHARE = 1 / 4;

/** What is logged of the requests of one part, in characters. */
const MOST_LOG_CHARACTERS = 8e6;

/** All lines about a request are there after so long, in milliseconds. */
const SETTLED_MS = 10_000;

export interface RecorderOptions {
  /** Epoch milliseconds. Default: `Date.now`. */
  now?: () => number;
  /** What was logged of a request. Left out: nothing is kept of it. */
  log?: (requestId: string) => RequestLog | undefined;
  /** What is kept, in bytes; older events make way. Default: {@link MOST_BYTES}. */
  mostBytes?: number;
}

/** Events, and what was logged of requests; both base64. */
interface Part {
  events: string;
  logs: string;
}

/** Keeps the events of a run, and what was logged of its requests, compressed. */
export class Recorder {
  readonly #now: () => number;
  readonly #log: NonNullable<RecorderOptions['log']>;
  readonly #mostBytes: number;
  readonly #startedAt: string;
  /** The view before the first event that is kept, and when. */
  #view: View;
  #fromMs: number;
  #parts: Part[] = [];
  #last: Told[] = [];
  /** Requests of which something happened since what was logged of them was kept, and when: epoch milliseconds. */
  readonly #news = new Map<string, number>();
  #moments: Moment[] = [];
  readonly #broken: Set<Verdict['name']>;

  /** Records from a view on. */
  constructor(
    view: View,
    { now = Date.now, log = () => undefined, mostBytes = MOST_BYTES }: RecorderOptions = {},
  ) {
    this.#now = now;
    this.#log = log;
    this.#mostBytes = mostBytes;
    this.#startedAt = view.setup.startedAt;
    this.#view = view;
    this.#fromMs = now();
    this.#broken = new Set(view.breaches.map(({ name }) => name));
    const shown = [...view.entries, ...Object.values(view.pods).flat()];
    for (const { requestId } of shown) this.#news.set(requestId, this.#fromMs);
  }

  /** Adds an event that happens now. */
  add(event: RunEvent): void {
    // A clock may be set back, and the order stays.
    const atMs = Math.max(this.#now(), this.#last.at(-1)?.atMs ?? this.#fromMs);
    const first = this.#last[0];
    if (first && (atMs - first.atMs >= PART_MS || this.#last.length >= PART_EVENTS)) this.#close();
    this.#last.push({ atMs, event });
    // Of replies there may be many: their lines come with the end of the connection, or of the recording.
    if ('requestId' in event && event.event !== 'reply') {
      this.#news.delete(event.requestId);
      this.#news.set(event.requestId, atMs);
    }
    if (event.event === 'mark') this.#moments.push({ atMs, what: event.what, broken: false });
    if (event.event === 'state') {
      for (const { name, status } of event.verdicts) {
        if (status !== 'broken' || this.#broken.has(name)) continue;
        this.#broken.add(name);
        this.#moments.push({ atMs, what: `${name} broke`, broken: true });
      }
    }
  }

  /** What is recorded so far, for a {@link Recording}: a line for how it begins, and one for each part. */
  text(): string {
    const beginning: Beginning = {
      ...{ startedAt: this.#startedAt, fromMs: this.#fromMs, view: this.#view },
      moments: this.#moments,
    };
    const replied = this.#last.flatMap(({ event }) => (event.event === 'reply' ? event.requestId : []));
    const last = partOf(this.#last, this.#logsOf([...new Set([...replied, ...this.#news.keys()])]));
    return [
      compressed(beginning),
      ...[...this.#parts, last].map(({ events, logs }) => `${events} ${logs}`),
    ].join('\n');
  }

  #close(): void {
    const endMs = this.#last.at(-1)?.atMs ?? 0;
    const settled = [...this.#news].filter(([, atMs]) => atMs <= endMs - SETTLED_MS).map(([id]) => id);
    for (const id of settled) this.#news.delete(id);
    this.#parts.push(partOf(this.#last, this.#logsOf(settled)));
    this.#last = [];
    const bytes = (of: keyof Part) => this.#parts.reduce((sum, part) => sum + part[of].length, 0);
    for (const part of this.#parts) {
      if (bytes('logs') > this.#mostBytes * LOG_SHARE) part.logs = '';
    }
    while (bytes('events') > this.#mostBytes) {
      const oldest = this.#parts.shift();
      if (oldest === undefined) break;
      const told = eventsOf(JSON.parse(inflateRawSync(Buffer.from(oldest.events, 'base64')).toString()));
      this.#view = reduce(
        this.#view,
        told.map(({ event }) => event),
      );
      this.#fromMs = told.at(-1)?.atMs ?? this.#fromMs;
      this.#moments = this.#moments.filter(({ atMs }) => atMs > this.#fromMs);
    }
  }

  /** What was logged of some requests, oldest first: of the latest ones, where there is no room for all. */
  #logsOf(ids: readonly string[]): Map<string, RequestLog> {
    const logs = new Map<string, RequestLog>();
    let characters = 0;
    for (const id of ids.toReversed()) {
      const log = id === '' ? undefined : this.#log(id);
      if (!log || log.why.length + log.lines.length === 0) continue;
      for (const text of [...log.why, ...log.lines.map(({ line }) => line)]) characters += text.length;
      if (characters > MOST_LOG_CHARACTERS) break;
      logs.set(id, log);
    }
    return logs;
  }
}

function partOf(told: readonly Told[], logs: ReadonlyMap<string, RequestLog>): Part {
  return {
    events: compressed(eventTables(told)),
    logs: logs.size > 0 ? compressed(logTables(logs)) : '',
  };
}

function compressed(value: unknown): string {
  return deflateRawSync(JSON.stringify(value)).toString('base64');
}

/** The page with a recording in it: one file that needs no server and loads nothing. */
export async function recordingPage(recorder: Recorder): Promise<string> {
  const { html, filePolicy } = await bundlePage();
  return html
    .replace(
      '<title>',
      (tag) => `<meta http-equiv="Content-Security-Policy" content="${filePolicy}" />${tag}`,
    )
    .replace(
      '<div id="app"></div>',
      (place) => `${place}<script type="application/octet-stream" id="recording">${recorder.text()}</script>`,
    );
}

/** Writes the page with a recording, whole or not at all. */
export async function writeRecording(file: string, recorder: Recorder): Promise<void> {
  const page = await recordingPage(recorder);
  const known = await stat(file).catch(() => undefined);
  // Such as /dev/stdout, in whose place nothing may come.
  if (known && !known.isFile()) return writeFile(file, page);
  const beside = `${file}.new`;
  try {
    await writeFile(beside, page);
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
