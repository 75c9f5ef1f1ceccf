import { type AccessLogLine, capacityOf } from '@envoy-poc/edge';
import { z } from 'zod';
import { Answering, type Kind } from './answering.ts';
import { freshCounts } from './counts.ts';
import type { RefusalReason, RunEvent, RunState } from './events.ts';
import { refusedByPicker } from './exactness.ts';
import { type Promised, type Seen, verdicts } from './verdicts.ts';

/** What a run promises, and who takes part. */
export interface Observed extends Promised {
  pods: { name: string; address: string; podIp: string }[];
  /** Their access logs come by {@link Observer.edgeLine}. */
  edges: { name: string; url: string }[];
  /** Empty where each edge admits its share by itself. */
  pickers: { name: string }[];
  /** Connections that all clients together want. */
  wanted: number;
  /** Name of the client behind an address; others are shown by their address. */
  clientNames: ReadonlyMap<string, string>;
}

export interface ObserverOptions extends Observed {
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

/** A connection that was opened: an open one, or one that has closed a while ago. */
interface Opened {
  podIp: string;
  told: { client: string; edge: string; pod: string; requestId: string };
  openedAt: number;
  closedAt?: number;
}

/** Joins what pods, edges and clients report into events, a state and verdicts. */
export class Observer {
  readonly #emit: (event: RunEvent) => void;
  readonly #now: () => number;
  readonly #startedAt: number;
  #options: Observed;
  #counts: ReturnType<typeof freshCounts>;
  #answering: Answering;
  #said: Record<Kind, string[]> = { pods: [], edges: [], pickers: [] };
  /** Why nothing is judged at the moment. */
  #held: string | undefined;
  /** By request id. */
  readonly #connections = new Map<string, Opened>();
  /** Seen by a client, not yet in an access log, and the other way round: request id to when. */
  readonly #unmatched = { client: new Map<string, number>(), edge: new Map<string, number>() };
  #waitingReplies: { requestId: string; podIp: string; since: number }[] = [];

  /** Time runs from here: create it when the edges are ready. */
  constructor(options: ObserverOptions) {
    const { emit, now = Date.now, ...observed } = options;
    this.#emit = emit;
    this.#now = now;
    this.#startedAt = now();
    this.#options = observed;
    this.#counts = freshCounts(this.#startedAt, observed);
    this.#answering = new Answering(observed, this.#startedAt);
  }

  /** Somebody changes the run: until {@link judgeBy}, no promise can be seen to hold or to be broken. */
  hold(why: string): void {
    this.#held = why;
  }

  /** Judges anew, by what is promised from now on; what was seen before counts for nothing. */
  judgeBy(options: Observed): void {
    const now = this.#now();
    this.#held = undefined;
    this.#options = options;
    this.#counts = freshCounts(now, options, this.#counts.exactness);
    this.#answering = new Answering(options, now);
    this.#said = { pods: [], edges: [], pickers: [] };
    // The edge that would have logged it may be gone.
    this.#unmatched.client.clear();
  }

  /** A line of an edge's output; other lines than those of the access log are passed over. */
  edgeLine(text: string): void {
    if (!text.startsWith('{')) return;
    // An edge that is killed leaves half a line.
    const line = parseJson(text) as AccessLogLine | undefined;
    if (line?.upgrade?.toLowerCase() !== 'websocket') return;
    this.#counts.exactness.line(line);
    const requestId = line.request_id ?? '';
    const common = {
      at: line.time,
      client: this.#options.clientNames.get(line.client) ?? line.client,
      edge: line.edge,
      requestId,
    };
    const pod = this.#options.pods.find((p) => p.address === line.upstream);
    const at = Date.parse(line.time);
    if (line.type === 'DownstreamTunnelSuccessfullyEstablished') {
      if (this.#isJudged(line)) {
        this.#counts.admissions.add(at);
        this.#counts.opened++;
      }
      this.#match('edge', requestId);
      const { client, edge } = common;
      const told = { client, edge, pod: pod?.name ?? String(line.upstream), requestId };
      this.#connections.set(requestId, { podIp: pod?.podIp ?? String(line.upstream), told, openedAt: at });
      this.#emit({ event: 'open', at: line.time, ...told, attempts: line.attempts ?? 1 });
    } else if (line.code === 101) {
      const opened = this.#connections.get(requestId);
      if (opened) opened.closedAt = this.#now();
      const ended = new Date(at + line.duration_ms).toISOString();
      const seconds = line.duration_ms / 1000;
      this.#emit({ event: 'close', ...common, at: ended, pod: pod?.name ?? String(line.upstream), seconds });
    } else {
      this.#refused(line, common);
    }
  }

  /** An edge ended: the connections of which it did not log the end have ended with it. */
  edgeEnded(edge: string): void {
    const now = this.#now();
    this.#counts.exactness.edgeEnded(edge, now);
    for (const opened of this.#connections.values()) {
      const { told, openedAt, closedAt } = opened;
      if (told.edge !== edge || closedAt !== undefined) continue;
      opened.closedAt = now;
      this.#emit({
        ...{ event: 'close', at: new Date(now).toISOString(), ...told },
        seconds: (now - openedAt) / 1000,
      });
    }
  }

  /** Whether an upgrade came since the limits are as they are. */
  #isJudged(line: AccessLogLine): boolean {
    return Date.parse(line.time) >= this.#counts.startedAt;
  }

  #refused(
    line: AccessLogLine,
    common: { at: string; client: string; edge: string; requestId: string },
  ): void {
    const reason = reasonOf(line);
    this.#match('edge', common.requestId);
    if (this.#isJudged(line)) {
      const { admissions, refusals } = this.#counts;
      // What no pod was asked was not admitted: refused by rate or by the picker, or no proper request.
      if (reason !== 'rate' && line.upstream !== null) admissions.add(Date.parse(line.time));
      refusals[reason]++;
      this.#tookMilliseconds(line.duration_ms);
      if (reason === 'other')
        this.#counts.otherRefusal = `${line.code} ${line.flags} ${line.details} at ${common.edge}`;
    }
    this.#emit({
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
    /** Whether the attempt began since the limits are as they are. */
    const began = this.#now() - line.durationMs >= this.#counts.startedAt;
    if (line.event === 'open' || (line.event === 'refused' && line.status !== undefined)) {
      this.#match('client', requestId);
      if (line.event === 'refused' && began) this.#tookMilliseconds(line.durationMs);
    } else if (line.event === 'refused') {
      const edge = this.#options.edges.find(({ url }) => url === line.url)?.name ?? line.url;
      const { refusals, unanswered } = this.#counts;
      if (began) {
        refusals.unanswered++;
        unanswered.set(edge, (unanswered.get(edge) ?? 0) + 1);
      }
      this.#emit({ event: 'failed', at: line.time, client, detail: line.detail, requestId });
    } else if (line.event === 'reply') {
      this.#counts.replies.total++;
      const { podIp, timestamp, roundTripMs } = line;
      if (!isTimestamp(timestamp)) this.#wrong(`timestamp "${timestamp}" to ${client}`);
      else this.#waitingReplies.push({ requestId, podIp, since: this.#now() });
      this.#emit({ event: 'reply', at: line.time, client, podIp, timestamp, roundTripMs, requestId });
    } else if (line.event === 'reply_invalid' || line.event === 'reply_missing') {
      this.#counts.replies.total++;
      this.#wrong(`${line.event.replace('_', ' ')} at ${client}`);
    }
  }

  #tookMilliseconds(milliseconds: number): void {
    this.#counts.refusals.slowestMilliseconds = Math.max(
      this.#counts.refusals.slowestMilliseconds,
      milliseconds,
    );
  }

  /** What a pod's own metrics say. */
  gauges(pod: number, open: number, highWater: number): void {
    this.#counts.gauges[pod] = { open, highWater };
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
      this.#counts.logged.missing++;
    }
    for (const [id, since] of this.#unmatched.edge) {
      if (now - since > 2 * LOG_GRACE_MS) this.#unmatched.edge.delete(id);
    }
    for (const [id, { closedAt }] of this.#connections) {
      if (closedAt !== undefined && now - closedAt > 2 * LOG_GRACE_MS) this.#connections.delete(id);
    }
    const { open, capacity, wanted } = this.#slots();
    if (open >= Math.min(capacity, wanted)) {
      this.#counts.lastFullAt = now;
      this.#counts.firstFullAt ??= now;
    }
  }

  /** How the run stands now. */
  state(): RunState {
    const now = this.#now();
    const counts = this.#counts;
    const since = (time: number) => (time - counts.startedAt) / 1000;
    const picker = counts.exactness.judge(now, this.#slotsInService(now));
    const seen: Seen = {
      seconds: since(now),
      pods: this.#options.pods.map(({ name, address }, i) => ({
        name,
        address,
        open: counts.gauges[i]?.open ?? 0,
        highWater: counts.gauges[i]?.highWater ?? 0,
        limit: this.#options.limits.connectionsPerPod,
      })),
      slots: this.#slots(),
      admissions: {
        total: counts.admissions.total,
        opened: counts.opened,
        last10Seconds: counts.admissions.last10Seconds(now),
        worstSecond: counts.admissions.worstSecond,
      },
      ...(this.#options.limits.admission === 'exact' && { picker }),
      refusals: { ...counts.refusals },
      replies: { ...counts.replies },
      logged: { ...counts.logged },
      silent: {
        pods: this.#answering.silent('pods', now),
        edges: this.#answering.silent('edges', now),
        pickers: this.#answering.silent('pickers', now),
      },
      fullSecondsAgo: counts.lastFullAt === undefined ? undefined : (now - counts.lastFullAt) / 1000,
      firstFullSeconds: counts.firstFullAt === undefined ? undefined : since(counts.firstFullAt),
      wrongReply: counts.wrongReply,
      otherRefusal: counts.otherRefusal,
      unansweredBy: [...counts.unanswered].map(([edge, times]) => `${edge} ${times}`).join(', '),
    };
    const { pods, slots, admissions, refusals, replies, logged, silent } = seen;
    return {
      ...{ at: new Date(now).toISOString(), seconds: (now - this.#startedAt) / 1000 },
      ...{ pods, slots, admissions },
      ...(seen.picker && { picker: seen.picker }),
      ...{ refusals, replies, logged, silent },
      said: { edges: [...this.#said.edges], pickers: [...this.#said.pickers] },
      verdicts: verdicts(this.#options, seen).map((verdict) =>
        this.#held === undefined ? verdict : { ...verdict, status: 'pending', unseen: this.#held },
      ),
    };
  }

  #slots() {
    return {
      open: this.#counts.gauges.reduce((sum, { open }) => sum + open, 0),
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
    if (other.delete(requestId)) this.#counts.logged.found++;
    else this.#unmatched[side].set(requestId, this.#now());
  }

  #settle({ requestId, podIp, since }: { requestId: string; podIp: string; since: number }, now: number) {
    const pod = this.#connections.get(requestId)?.podIp;
    if (pod === undefined && now - since < LOG_GRACE_MS) return false;
    if (pod !== podIp) this.#wrong(`pod IP ${podIp}, sent by ${pod ?? 'a pod of no logged connection'}`);
    return true;
  }

  #wrong(what: string): void {
    this.#counts.replies.wrong++;
    this.#counts.wrongReply = what;
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
