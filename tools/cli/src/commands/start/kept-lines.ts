import type { LogLine } from '@envoy-poc/console';

/** Requests whose lines are kept: those of a storm, and what was there before. */
const MOST_REQUESTS = 5000;

/** Lines of one request that are kept, and characters of a line. */
const MOST_LINES = 20;
const MOST_CHARACTERS = 2000;

/** The log lines of the latest requests. */
export class KeptLines {
  readonly #lines = new Map<string, LogLine[]>();

  /** Keeps a line that names its request: an edge's as `request_id`, a client's as `requestId`. */
  add(from: string, line: string): void {
    const requestId = /"request_?[iI]d":"([^"]+)"/.exec(line)?.[1];
    if (requestId === undefined) return;
    const writer = /"edge":"([^"]+)"/.exec(line)?.[1] ?? from;
    const lines = this.#lines.get(requestId) ?? [];
    if (lines.length === MOST_LINES) lines.splice(1, 1);
    lines.push({ from: writer, line: line.slice(0, MOST_CHARACTERS) });
    // What was written about last goes last.
    this.#lines.delete(requestId);
    this.#lines.set(requestId, lines);
    const oldest = this.#lines.keys().next();
    if (this.#lines.size > MOST_REQUESTS && !oldest.done) this.#lines.delete(oldest.value);
  }

  /** The lines of a request, oldest first; the first one stays when there are many. */
  of(requestId: string): LogLine[] {
    return this.#lines.get(requestId) ?? [];
  }
}
