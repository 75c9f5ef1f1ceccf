import { type AccessLogLine, capacityOf } from '@envoy-poc/edge';
import { z } from 'zod';
import { Admissions } from './admissions.ts';
import { Answering, type Kind } from './answering.ts';
import type { RefusalReason, RunEvent, RunState } from './events.ts';
import { Exactness, refusedByPicker } from './exactness.ts';
import { type Promised, type Seen, verdicts } from './verdicts.ts';

export interface ObserverOptions extends Promised {
  pods: { name: string; address: string; podIp: string }[];
  /** Their access logs come by {@link Observer.edgeLine}. */
  edges: { name: string; url: string }[];
  /** Empty where each edge admits its share by itself. */
  pickers: { name: string }[];
  /** Connections that all clients together want. */
  wanted: number;
  /** Name of the client behind an address; others are shown by their address. */
  clientNames: ReadonlyMap<string, string>;
  emit: (event: RunEvent) => void;
  /** Epoch milliseconds. Default: `Date.now`. */
  now?: () => number;
}

/** A pod that did not answer may have been out of service for so long before and after, in milliseconds. */
const OUT_OF_SERVICE_MS = 10_000;

/** An access log line must be there this long after the client's, in milliseconds. */
const LOG_GRACE_MS = 5000;

const clientLine = z.looseObject({
  event: z.string(),
  time: z.string().default(''),
  requestId: z.string().default(''),
  status: z.number().optional(),
  detail: z.string().default(''),
  url: z.string().default(''),
  durationMs: z.number().default(0),
  code: z.number().optional(),
  reason: z.string().optional(),
  timestamp: z.string().default(''),
  podIp: z.string().default(''),
  roundTripMs: z.number().default(0),
});

/** Joins what pods, edges and clients report into events, a state and verdicts. */
export class Observer {
  readonly #options: ObserverOptions;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #admissions = new Admissions();
  readonly #exactness: Exactness | undefined;
  readonly #gauges: { open: number; highWater: number }[];
  readonly #refusals = {
    ...{ rate: 0, full: 0, draining: 0, client: 0, other: 0 },
    ...{ unanswered: 0, slowestMilliseconds: 0 },
  };
  #opened = 0;
  /** Attempts without an answer, by the edge that gave none. */
  readonly #unanswered = new Map<string, number>();
  readonly #answering: Answering;
  readonly #said: Record<Kind, string[]> = { pods: [], edges: [], pickers: [] };
  readonly #replies = { total: 0, wrong: 0 };
  readonly #logged = { found: 0, missing: 0 };
  /** Pod of an open connection, by request id; a closed one stays for a while. */
  readonly #podOf = new Map<string, { pod: string; closedAt?: number }>();
  /** Seen by a client, not yet in an access log, and the other way round: request id to when. */
  readonly #unmatched = { client: new Map<string, number>(), edge: new Map<string, number>() };
  #waitingReplies: { requestId: string; podIp: string; since: number }[] = [];
  #lastFullAt: number | undefined;
  #firstFullAt: number | undefined;
  #wrongReply: string | undefined;
  #otherRefusal: string | undefined;

  /** Time runs from here: create it when the edges are ready. */
  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#startedAt = this.#now();
    this.#gauges = options.pods.map(() => ({ open: 0, highWater: 0 }));
    this.#answering = new Answering(options, this.#startedAt);
    if (options.limits.admission === 'exact') {
      // All edges of a run have one clock.
      this.#exactness = new Exactness({ limits: options.limits, sinceMs: this.#startedAt, clockMs: 0 });
    }
  }

  /** A line of an edge's output; other lines than those of the access log are passed over. */
  edgeLine(text: string): void {
    if (!text.startsWith('{')) return;
    // An edge that is killed leaves half a line.
    const line = parseJson(text) as AccessLogLine | undefined;
    if (line?.upgrade?.toLowerCase() !== 'websocket') return;
    this.#exactness?.line(line);
    const requestId = line.request_id ?? '';
    const common = {
      at: line.time,
      client: this.#options.clientNames.get(line.client) ?? line.client,
      edge: line.edge,
      requestId,
    };
    const pod = this.#options.pods.find((p) => p.address === line.upstream);
    if (line.type === 'DownstreamTunnelSuccessfullyEstablished') {
      this.#admissions.add(Date.parse(line.time));
      this.#opened++;
      this.#match('edge', requestId);
      this.#podOf.set(requestId, { pod: pod?.podIp ?? String(line.upstream) });
      const attempts = line.attempts ?? 1;
      this.#options.emit({ event: 'open', ...common, pod: pod?.name ?? String(line.upstream), attempts });
    } else if (line.code === 101) {
      const open = this.#podOf.get(requestId);
      if (open) open.closedAt = this.#now();
      const seconds = line.duration_ms / 1000;
      const at = new Date(Date.parse(line.time) + line.duration_ms).toISOString();
      this.#options.emit({ event: 'close', ...common, at, pod: pod?.name ?? String(line.upstream), seconds });
    } else {
      this.#refused(line, common);
    }
  }

  #refused(
    line: AccessLogLine,
    common: { at: string; client: string; edge: string; requestId: string },
  ): void {
    const reason = reasonOf(line);
    // What no pod was asked was not admitted: refused by rate or by the picker, or no proper request.
    if (reason !== 'rate' && line.upstream !== null) this.#admissions.add(Date.parse(line.time));
    this.#match('edge', common.requestId);
    this.#refusals[reason]++;
    this.#tookMilliseconds(line.duration_ms);
    if (reason === 'other')
      this.#otherRefusal = `${line.code} ${line.flags} ${line.details} at ${common.edge}`;
    this.#options.emit({
      event: 'refused',
      ...common,
      reason,
      status: line.code,
      attempts: line.upstream ? (line.attempts ?? 0) : 0,
      milliseconds: line.duration_ms,
    });
  }

  /** A line of a client's output. */
  clientLine(client: string, text: string): void {
    const parsed = clientLine.safeParse(parseJson(text));
    if (!parsed.success) return;
    const line = parsed.data;
    const { requestId } = line;
    if (line.event === 'open' || (line.event === 'refused' && line.status !== undefined)) {
      this.#match('client', requestId);
      if (line.event === 'refused') this.#tookMilliseconds(line.durationMs);
    } else if (line.event === 'refused') {
      const edge = this.#options.edges.find(({ url }) => url === line.url)?.name ?? line.url;
      this.#refusals.unanswered++;
      this.#unanswered.set(edge, (this.#unanswered.get(edge) ?? 0) + 1);
      this.#options.emit({ event: 'failed', at: line.time, client, detail: line.detail, requestId });
    } else if (line.event === 'reply') {
      this.#replies.total++;
      const { podIp, timestamp, roundTripMs } = line;
      if (!isTimestamp(timestamp)) this.#wrong(`timestamp "${timestamp}" to ${client}`);
      else this.#waitingReplies.push({ requestId, podIp, since: this.#now() });
      this.#options.emit({ event: 'reply', at: line.time, client, podIp, timestamp, roundTripMs, requestId });
    } else if (line.event === 'reply_invalid' || line.event === 'reply_missing') {
      this.#replies.total++;
      this.#wrong(`${line.event.replace('_', ' ')} at ${client}`);
    }
  }

  #tookMilliseconds(milliseconds: number): void {
    this.#refusals.slowestMilliseconds = Math.max(this.#refusals.slowestMilliseconds, milliseconds);
  }

  /** What a pod's own metrics say. */
  gauges(pod: number, open: number, highWater: number): void {
    this.#gauges[pod] = { open, highWater };
  }

  /** Whether somebody who was asked how it is gave an answer, and in which words. */
  asked(kind: Kind, index: number, answered: boolean, words = ''): void {
    this.#answering.asked(kind, index, answered, this.#now());
    if (answered) this.#said[kind][index] = words;
  }

  /** To be called about once a second: settles what had to wait for a slower log. */
  tick(): void {
    const now = this.#now();
    this.#waitingReplies = this.#waitingReplies.filter((reply) => !this.#settle(reply, now));
    for (const [id, since] of this.#unmatched.client) {
      if (now - since < LOG_GRACE_MS) continue;
      this.#unmatched.client.delete(id);
      this.#logged.missing++;
    }
    for (const [id, since] of this.#unmatched.edge) {
      if (now - since > 2 * LOG_GRACE_MS) this.#unmatched.edge.delete(id);
    }
    for (const [id, { closedAt }] of this.#podOf) {
      if (closedAt !== undefined && now - closedAt > 2 * LOG_GRACE_MS) this.#podOf.delete(id);
    }
    const { open, capacity, wanted } = this.#slots();
    if (open >= Math.min(capacity, wanted)) {
      this.#lastFullAt = now;
      this.#firstFullAt ??= now;
    }
  }

  /** How the run stands now. */
  state(): RunState {
    const now = this.#now();
    const since = (time: number) => (time - this.#startedAt) / 1000;
    const seen: Seen = {
      seconds: since(now),
      pods: this.#options.pods.map(({ name, address }, i) => ({
        name,
        address,
        open: this.#gauges[i]?.open ?? 0,
        highWater: this.#gauges[i]?.highWater ?? 0,
        limit: this.#options.limits.connectionsPerPod,
      })),
      slots: this.#slots(),
      admissions: {
        total: this.#admissions.total,
        opened: this.#opened,
        last10Seconds: this.#admissions.last10Seconds(now),
        worstSecond: this.#admissions.worstSecond,
      },
      ...(this.#exactness && { picker: this.#exactness.judge(now, this.#slotsInService(now)) }),
      refusals: { ...this.#refusals },
      replies: { ...this.#replies },
      logged: { ...this.#logged },
      silent: {
        pods: this.#answering.silent('pods', now),
        edges: this.#answering.silent('edges', now),
        pickers: this.#answering.silent('pickers', now),
      },
      fullSecondsAgo: this.#lastFullAt === undefined ? undefined : (now - this.#lastFullAt) / 1000,
      firstFullSeconds: this.#firstFullAt === undefined ? undefined : since(this.#firstFullAt),
      wrongReply: this.#wrongReply,
      otherRefusal: this.#otherRefusal,
      unansweredBy: [...this.#unanswered].map(([edge, times]) => `${edge} ${times}`).join(', '),
    };
    const { seconds, pods, slots, admissions, picker, refusals, replies, logged, silent } = seen;
    return {
      ...{ at: new Date(now).toISOString(), seconds, pods, slots, admissions },
      ...(picker && { picker }),
      ...{ refusals, replies, logged, silent },
      said: { edges: [...this.#said.edges], pickers: [...this.#said.pickers] },
      verdicts: verdicts(this.#options, seen),
    };
  }

  #slots() {
    return {
      open: this.#gauges.reduce((sum, { open }) => sum + open, 0),
      capacity: capacityOf(this.#options.limits),
      wanted: this.#options.wanted,
    };
  }

  /** Slots of the pods that the picker may offer, by address. */
  #slotsInService(now: number): Map<string, number> {
    const inService = this.#options.pods.filter(
      (_, i) => now - this.#answering.missedAt('pods', i) > OUT_OF_SERVICE_MS,
    );
    return new Map(inService.map(({ address }) => [address, this.#options.limits.connectionsPerPod]));
  }

  /** Each client event needs its access log line; whichever comes second makes the pair. */
  #match(side: 'client' | 'edge', requestId: string): void {
    const other = side === 'client' ? this.#unmatched.edge : this.#unmatched.client;
    if (other.delete(requestId)) this.#logged.found++;
    else this.#unmatched[side].set(requestId, this.#now());
  }

  #settle({ requestId, podIp, since }: { requestId: string; podIp: string; since: number }, now: number) {
    const pod = this.#podOf.get(requestId)?.pod;
    if (pod === undefined && now - since < LOG_GRACE_MS) return false;
    if (pod !== podIp) this.#wrong(`pod IP ${podIp}, sent by ${pod ?? 'a pod of no logged connection'}`);
    return true;
  }

  #wrong(what: string): void {
    this.#replies.wrong++;
    this.#wrongReply = what;
  }
}

function reasonOf(line: AccessLogLine): RefusalReason {
  const byPicker = refusedByPicker(line);
  if (byPicker) return byPicker;
  if (line.code === 429 && line.flags.includes('RL')) return 'rate';
  if (line.code < 500) return 'client';
  // With a response flag the 503 is Envoy's own: no pod answered.
  const fromPod = line.details === 'via_upstream' && line.upstream !== null;
  // The one 503 that an edge makes of itself by a route: it was told to leave.
  if (line.code === 503 && line.details === 'direct_response') return 'draining';
  return line.code === 503 && fromPod ? 'full' : 'other';
}

function isTimestamp(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && !Number.isNaN(Date.parse(text));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
