import type { RunEvent } from '../events.ts';
import type { RequestLog } from '../server.ts';
import { reduce, type View } from '../view.ts';
import { type EventTables, eventsOf, type Told } from './columns.ts';
import { type LogTables, logsOf } from './logs.ts';

/** How a recording begins. */
export interface Beginning {
  /** Of the run: ISO 8601, UTC. */
  startedAt: string;
  /** From when on events are recorded, in epoch milliseconds, and the view before. */
  fromMs: number;
  view: View;
  moments: Moment[];
}

/** When somebody did something, or a promise broke. `atMs`: epoch milliseconds. */
export interface Moment {
  atMs: number;
  what: string;
  broken: boolean;
}

/** A run as it was recorded: what was known of it at any time. */
export class Recording {
  /** When the run began, from and until when it is recorded: epoch milliseconds. */
  readonly startedMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly moments: readonly Moment[];
  readonly #parts: readonly EventTables[];
  /** The view before each part, as far as anybody asked. */
  readonly #views: View[];
  #decoded: { part: number; told: Told[] } | undefined;
  /** Of each part, compressed. */
  readonly #packedLogs: readonly string[];
  #logs: Promise<Map<string, RequestLog>> | undefined;

  private constructor(
    { startedAt, fromMs, view, moments }: Beginning,
    parts: EventTables[],
    packedLogs: readonly string[],
  ) {
    this.startedMs = Date.parse(startedAt);
    this.fromMs = fromMs;
    this.moments = moments;
    this.#parts = parts;
    this.#packedLogs = packedLogs;
    this.#views = [view];
    this.toMs = this.#told(parts.length - 1).at(-1)?.atMs ?? fromMs;
  }

  /** Reads what a recorder has written. @throws where that was damaged */
  static async read(text: string): Promise<Recording> {
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' '));
    const [beginning, ...parts] = await Promise.all(lines.map(([first = '']) => inflated(first)));
    const packedLogs = lines.slice(1).flatMap(([, logs]) => logs || []);
    return new Recording(beginning as Beginning, parts as EventTables[], packedLogs);
  }

  /** What was logged of a request, all in all; nothing where nothing of it was kept. */
  async logOf(requestId: string): Promise<RequestLog> {
    this.#logs ??= Promise.all(this.#packedLogs.map(inflated)).then((parts) => {
      const logs = new Map<string, RequestLog>();
      for (const [id, log] of (parts as LogTables[]).flatMap((tables) => [...logsOf(tables)])) {
        // What is told again tells more, but where the start was forgotten meanwhile.
        if (log.lines.length >= (logs.get(id)?.lines.length ?? 0)) logs.set(id, log);
      }
      return logs;
    });
    return (await this.#logs).get(requestId) ?? { why: [], lines: [] };
  }

  /** The view at a time in epoch milliseconds: after all that was told by then. */
  viewAt(ms: number): View {
    const part = this.#partAt(ms);
    const told = this.#told(part).filter(({ atMs }) => atMs <= ms);
    return reduce(
      this.#viewBefore(part),
      told.map(({ event }) => event),
    );
  }

  /** What was told after one time and by another one. */
  between(fromMs: number, toMs: number): RunEvent[] {
    const events: RunEvent[] = [];
    for (let part = Math.max(0, this.#partAt(fromMs)); part <= this.#partAt(toMs); part++) {
      for (const { atMs, event } of this.#told(part)) {
        if (atMs > fromMs && atMs <= toMs) events.push(event);
      }
    }
    return events;
  }

  /** The last part that begins by then; -1: none. */
  #partAt(ms: number): number {
    return this.#parts.findLastIndex(({ atMs: [first = ms] }) => first <= ms);
  }

  #viewBefore(part: number): View {
    while (this.#views.length <= part) {
      const last = this.#views.length - 1;
      const events = this.#told(last).map(({ event }) => event);
      this.#views.push(reduce(this.#views[last] as View, events));
    }
    return this.#views[Math.max(0, part)] as View;
  }

  #told(part: number): Told[] {
    const tables = this.#parts[part];
    if (!tables) return [];
    if (this.#decoded?.part !== part) this.#decoded = { part, told: eventsOf(tables) };
    return this.#decoded.told;
  }
}

/** JSON that was compressed and written as base64. */
async function inflated(base64: string): Promise<unknown> {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(stream).json();
}
