import type { AccessLogLine, Limits } from '@envoy-poc/edge';
import { z } from 'zod';
import { jsonOf } from '#runtime/json';
import { accessLogLine } from '../start/access-log.ts';

/** Who wrote a log. */
export type Writer = 'edge' | 'picker' | 'server' | 'client';

/** What somebody wrote, oldest line first. */
export interface Log {
  readonly writer: Writer;
  readonly name: string;
  readonly lines: readonly string[];
}

/** Everything that is known of a platform, to explain what became of its requests. */
export interface Told {
  readonly logs: readonly Log[];
  /** The limits that an edge kept at a time in epoch milliseconds; undefined where nobody says. */
  readonly limitsOf: (edge: string, atMs: number) => Limits | undefined;
  /** What to call an address: of a client, of a pod, or of a pod and its port. */
  readonly nameOf: (address: string) => string;
}

const base = { time: z.string(), requestId: z.string() };

const decision = z.object({
  ...base,
  event: z.literal('decision'),
  answer: z.enum(['picked', 'rate', 'full', 'unready']),
  endpoints: z.array(z.string()).optional(),
  of: z.enum(['all', 'client']).optional(),
  why: z.string().optional(),
  pods: z.number().optional(),
  freeSlots: z.number().optional(),
  slotsTaken: z.number().optional(),
  handedOut: z.number().optional(),
  waitMs: z.number().optional(),
  intervalMs: z.number().optional(),
});

const podLine = z.object({
  ...base,
  event: z.enum(['refused', 'open', 'close']),
  podIp: z.string(),
  detail: z.string().optional(),
});

const clientLine = z.object({
  ...base,
  event: z.enum(['refused', 'open']),
  status: z.number().optional(),
  detail: z.string().optional(),
  url: z.string().optional(),
});

/** What a picker decided, and which one. */
export type Decision = z.output<typeof decision> & { readonly picker: string };

/** What a pod said of a request, and which one. */
type PodLine = z.output<typeof podLine> & { readonly pod: string };

/** What a client saw, and which one. */
type ClientLine = z.output<typeof clientLine> & { readonly client: string };

/** All lines about a request. */
export interface OfRequest {
  readonly edge: AccessLogLine[];
  readonly decisions: Decision[];
  readonly pods: PodLine[];
  readonly clients: ClientLine[];
}

/** A moment at which a slot was free, and how that is known. */
export interface FreeSlot {
  readonly atMs: number;
  readonly because: string;
}

/** What a line must have to say something of an attempt; all others are passed over unread. */
const telling: Readonly<Record<Exclude<Writer, 'edge'>, RegExp>> = {
  picker: /^\{.*"event": *"decision"/,
  server: /^\{.*"event": *"(refused|open|close)"/,
  client: /^\{.*"event": *"(refused|open)"/,
};

/** The logs of a platform, by request. Reads each line once. */
export class Records {
  readonly #told: Pick<Told, 'limitsOf' | 'nameOf'>;
  readonly #mostRequests: number;
  readonly #requests = new Map<string, OfRequest>();
  #freeSlots: FreeSlot[] = [];
  #edgeLines: AccessLogLine[] = [];
  #sorted = true;
  #untilMs = 0;

  /**
   * @param told its limits and names may become more meanwhile
   * @param mostRequests when there are more, the oldest are forgotten
   */
  constructor(
    told: Pick<Told, 'limitsOf' | 'nameOf'> & Partial<Told>,
    mostRequests = Number.POSITIVE_INFINITY,
  ) {
    this.#told = told;
    this.#mostRequests = mostRequests;
    for (const { writer, name, lines } of told.logs ?? []) {
      for (const text of lines) this.add(writer, name, text);
    }
  }

  /** The limits that the edge of a line kept when it was asked. */
  limitsOf({ edge, time }: AccessLogLine): Limits | undefined {
    return this.#told.limitsOf(edge, Date.parse(time));
  }

  nameOf(address: string): string {
    return this.#told.nameOf(address);
  }

  /** Reads one more line. */
  add(writer: Writer, name: string, text: string): void {
    if (writer === 'edge') {
      const line = accessLogLine(text);
      if (line) this.addUpgrade(line);
      return;
    }
    const line = telling[writer].test(text) ? jsonOf(text) : undefined;
    if (line !== undefined) this.#added(this.#app(writer, name, line));
  }

  /** One more line of an edge's access log; one that is about no upgrade is passed over. */
  addUpgrade(line: AccessLogLine): void {
    const id = line.request_id;
    if (!id || line.upgrade === null || line.upgrade === undefined) return;
    this.#request(id).edge.push(line);
    this.#edgeLines.push(line);
    this.#added(Date.parse(line.time) + line.duration_ms);
  }

  #added(atMs: number): void {
    this.#untilMs = Math.max(this.#untilMs, atMs);
    this.#sorted = false;
    // Not one by one, as those that stay are gone through.
    if (this.#requests.size > 1.1 * this.#mostRequests) this.#forget();
  }

  /** The latest time of any line, in epoch milliseconds. */
  get untilMs(): number {
    return this.#untilMs;
  }

  /** All lines about a request; undefined: there are none. */
  of(requestId: string): OfRequest | undefined {
    return this.#requests.get(requestId);
  }

  /** The lines of edges about upgrades, oldest request first. */
  get edgeLines(): readonly AccessLogLine[] {
    this.#sort();
    return this.#edgeLines;
  }

  /** The first moment after another at which the logs show a free slot. */
  freeSlotAfter(atMs: number): FreeSlot | undefined {
    this.#sort();
    let [low, high] = [0, this.#freeSlots.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#freeSlots[middle] as FreeSlot).atMs > atMs) high = middle;
      else low = middle + 1;
    }
    return this.#freeSlots[low];
  }

  /** Logs of several come a little out of order. */
  #sort(): void {
    if (this.#sorted) return;
    this.#freeSlots.sort((one, other) => one.atMs - other.atMs);
    // ISO 8601 of one zone, in which the order of text is that of time.
    this.#edgeLines.sort((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0));
    this.#sorted = true;
  }

  #forget(): void {
    for (const id of this.#requests.keys()) {
      if (this.#requests.size <= this.#mostRequests) break;
      this.#requests.delete(id);
    }
    this.#edgeLines = this.edgeLines.filter(({ request_id: id }) => this.#requests.has(id ?? ''));
    const sinceMs = Date.parse(this.#edgeLines[0]?.time ?? '');
    this.#freeSlots = this.#freeSlots.filter(({ atMs }) => !(atMs < sinceMs));
  }

  #app(writer: Exclude<Writer, 'edge'>, name: string, line: unknown): number {
    if (writer === 'picker') {
      const { success, data } = decision.safeParse(line);
      if (!success) return 0;
      const atMs = Date.parse(data.time);
      this.#request(data.requestId).decisions.push({ ...data, picker: name });
      if (data.answer === 'picked' || (data.freeSlots ?? 0) > 0) {
        this.#freeSlots.push({ atMs, because: `${name} knew of a free slot` });
      }
      return atMs;
    }
    if (writer === 'server') {
      const { success, data } = podLine.safeParse(line);
      if (!success) return 0;
      const atMs = Date.parse(data.time);
      this.#request(data.requestId).pods.push({ ...data, pod: name });
      if (data.event === 'close') {
        this.#freeSlots.push({ atMs, because: `a connection to ${name} ended` });
      }
      return atMs;
    }
    const { success, data } = clientLine.safeParse(line);
    if (!success) return 0;
    this.#request(data.requestId).clients.push({ ...data, client: name });
    return Date.parse(data.time);
  }

  #request(id: string): OfRequest {
    const known = this.#requests.get(id);
    if (known) return known;
    const fresh = { edge: [], decisions: [], pods: [], clients: [] };
    this.#requests.set(id, fresh);
    return fresh;
  }
}
