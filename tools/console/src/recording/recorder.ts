import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { bundlePage } from '../bundle.ts';
import type { RunEvent, Verdict } from '../events.ts';
import { reduce, type View } from '../view.ts';
import { eventsOf, type Told, tablesOf } from './columns.ts';
import type { Beginning, Moment } from './recording.ts';

/** Events are compressed together for so long, or so many of them. */
const PART_MS = 300_000;
const PART_EVENTS = 5000;

/** What is kept, compressed: about a day of the default run. */
const MOST_BYTES = 8 * 2 ** 20;

export interface RecorderOptions {
  /** Epoch milliseconds. Default: `Date.now`. */
  now?: () => number;
  /** What is kept, in bytes; older events make way. Default: {@link MOST_BYTES}. */
  mostBytes?: number;
}

/** Keeps the events of a run, compressed. */
export class Recorder {
  readonly #now: () => number;
  readonly #mostBytes: number;
  readonly #startedAt: string;
  /** The view before the first event that is kept, and when. */
  #view: View;
  #fromMs: number;
  /** Base64. */
  #parts: string[] = [];
  #bytes = 0;
  #last: Told[] = [];
  #moments: Moment[] = [];
  readonly #broken: Set<Verdict['name']>;

  /** Records from a view on. */
  constructor(view: View, { now = Date.now, mostBytes = MOST_BYTES }: RecorderOptions = {}) {
    this.#now = now;
    this.#mostBytes = mostBytes;
    this.#startedAt = view.setup.startedAt;
    this.#view = view;
    this.#fromMs = now();
    this.#broken = new Set(view.breaches.map(({ name }) => name));
  }

  /** Adds an event that happens now. */
  add(event: RunEvent): void {
    // A clock may be set back, and the order stays.
    const atMs = Math.max(this.#now(), this.#last.at(-1)?.atMs ?? this.#fromMs);
    const first = this.#last[0];
    if (first && (atMs - first.atMs >= PART_MS || this.#last.length >= PART_EVENTS)) this.#close();
    this.#last.push({ atMs, event });
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
    const last = this.#last.length > 0 ? [compressed(tablesOf(this.#last))] : [];
    return [compressed(beginning), ...this.#parts, ...last].join('\n');
  }

  #close(): void {
    const part = compressed(tablesOf(this.#last));
    this.#last = [];
    this.#parts.push(part);
    this.#bytes += part.length;
    while (this.#bytes > this.#mostBytes) {
      const oldest = this.#parts.shift();
      if (oldest === undefined) break;
      this.#bytes -= oldest.length;
      const told = eventsOf(JSON.parse(inflateRawSync(Buffer.from(oldest, 'base64')).toString()));
      this.#view = reduce(
        this.#view,
        told.map(({ event }) => event),
      );
      this.#fromMs = told.at(-1)?.atMs ?? this.#fromMs;
      this.#moments = this.#moments.filter(({ atMs }) => atMs > this.#fromMs);
    }
  }
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
