import type { RequestLog } from '@envoy-poc/console';
import type { AccessLogLine } from '@envoy-poc/edge';
import { Explainer } from '../why/explain.ts';
import { paragraph } from '../why/print.ts';
import { Records, type Told } from '../why/records.ts';
import { writerOf } from '../why/sources/local.ts';

/** Lines of one request that are told. */
const MOST_LINES = 100;

/** Requests that are known, the latest ones: many times what the page lists. */
const MOST_REQUESTS = 20_000;

/** What the processes of a run say, by request, as they say it: to look one up takes no longer the longer a run lasts. */
export class Evidence {
  readonly #records: Records;
  readonly #mostRequests: number;
  readonly #lines = new Map<string, RequestLog['lines']>();
  /** Knows all that was told so far. */
  #explainer: Explainer | undefined;

  /** @param told its limits and names may become more meanwhile */
  constructor(told: Pick<Told, 'limitsOf' | 'nameOf'>, mostRequests = MOST_REQUESTS) {
    this.#records = new Records(told, mostRequests);
    this.#mostRequests = mostRequests;
  }

  /** A line that a process wrote; those of edges come by {@link edgeLine}, and one about no request is passed over. */
  line(process: string, text: string): void {
    const requestId = /"requestId": *"([^"]+)"/.exec(text)?.[1];
    const writer = writerOf(process);
    if (requestId === undefined || writer === undefined || writer === 'edge') return;
    this.#records.add(writer, process, text);
    this.#keep(requestId, { from: process, line: text });
  }

  /** A line of an edge's access log, as it was written too. */
  edgeLine(edge: string, line: AccessLogLine, text: string): void {
    this.#records.addUpgrade(line);
    if (line.request_id) this.#keep(line.request_id, { from: edge, line: text });
  }

  #keep(requestId: string, line: RequestLog['lines'][number]): void {
    this.#explainer = undefined;
    const lines = this.#lines.get(requestId) ?? [];
    if (lines.length < MOST_LINES) lines.push(line);
    this.#lines.set(requestId, lines);
    const oldest = this.#lines.size > this.#mostRequests ? this.#lines.keys().next().value : undefined;
    if (oldest !== undefined) this.#lines.delete(oldest);
  }

  /** What was said of a request, and why each of its attempts was answered as it was. */
  of(requestId: string): RequestLog {
    this.#explainer ??= new Explainer(this.#records);
    const why = this.#explainer.explain(requestId).map(paragraph);
    return { why, lines: this.#lines.get(requestId) ?? [] };
  }
}
