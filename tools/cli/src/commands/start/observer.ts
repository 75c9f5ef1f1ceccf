import { type AccessLogLine, capacityOf, type Limits } from '@envoy-poc/edge';
import { z } from 'zod';
import { jsonOf } from '#runtime/json';
import { Answering, type Kind } from './answering.ts';
import { freshCounts } from './counts.ts';
import type { RefusalReason, RunEvent, RunState } from './events.ts';
import { refusedByPicker } from './exactness.ts';
import { upgradeIn } from './upgrade-line.ts';
import { type Promised, type Seen, slotGraceSeconds, verdicts } from './verdicts.ts';

/** What a run promises, and who takes part. */
export interface Observed extends Promised {
  /** `limit`: its own, where that is another than that of all. `away`: not to be offered, as it starts or ends. */
  pods: { name: string; address: string; podIp: string; limit?: number; away?: true }[];
  /** Their access logs come by {@link Observer.edgeLine}; `says`: how they name it, where that is not its name. */
  edges: { name: string; url: string; says?: string }[];
  /** Empty where each edge admits its share by itself. */
  pickers: { name: string }[];
  /** Connections that all clients together want. */
  wanted: number;
  /** Name of the client behind an address; others are shown by their address. */
  clientNames: ReadonlyMap<string, string>;
}

export interface ObserverOptions extends Observed {
  emit: (event: RunEvent) => void;
  /** Whether it ran before: nobody can tell then when each open connection was opened. Default: no. */
  ranBefore?: boolean;
  /** How much the edges' clocks may differ, in milliseconds. Default: 0, those of one machine. */
  clockMs?: number;
  /** Up to when all log lines are here, in epoch milliseconds. Default: now. */
  loggedUntil?: () => number;
  /** Epoch milliseconds. Default: `Date.now`. */
  now?: () => number;
}

/** A pod that did not answer may have been out of service for so long before and after, in milliseconds. */
const OUT_OF_SERVICE_MS = 10_000;

/** A pod that comes may not be found by all for so long, in milliseconds: names that DNS keeps, and what looks now and then. */
const COMES_MS = 15_000;

/** An access log line must be there this long after the client's, in milliseconds. */
const LOG_GRACE_MS = 5000;

/** Of what ran before, a line within so much of the first may have its counterpart before that, in milliseconds. */
const FIRST_MS = 3000;

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
  readonly #ranBefore: boolean;
  readonly #clockMs: number;
  readonly #loggedUntil: () => number;
  #options: Observed;
  #counts: ReturnType<typeof freshCounts>;
  #answering: Answering;
  #said: Record<Kind, (string | undefined)[]> = { pods: [], edges: [], pickers: [] };
  /** Every pod that there was, by address: a log still tells of one that is gone. */
  readonly #pods = new Map<string, { name: string; podIp: string }>();
  /** When each pod that came later was not there yet, by its address. */
  readonly #awayAt = new Map<string, number>();
  /** How many connections of a pod no log tells of at most, by its address. */
  readonly #untold = new Map<string, number>();
  /** Why nothing is judged at the moment. */
  #held: string | undefined;
  /** By request id. */
  readonly #connections = new Map<string, Opened>();
  /** Seen by a client, not yet in an access log, and the other way round: request id to when. */
  readonly #unmatched = { client: new Map<string, number>(), edge: new Map<string, number>() };
  #waitingReplies: { requestId: string; podIp: string; since: number }[] = [];

  /** Time runs from here: create it when the edges are ready. */
  constructor(options: ObserverOptions) {
    const { emit, now = Date.now, loggedUntil = now, ranBefore = false, clockMs = 0, ...observed } = options;
    this.#emit = emit;
    this.#now = now;
    this.#loggedUntil = loggedUntil;
    this.#ranBefore = ranBefore;
    this.#clockMs = clockMs;
    this.#startedAt = now();
    this.#options = observed;
    this.#counts = freshCounts(this.#startedAt, { ...observed, clockMs });
    this.#answering = new Answering(observed, this.#startedAt);
    this.#remember();
  }

  #remember(): void {
    for (const { address, name, podIp } of this.#options.pods) this.#pods.set(address, { name, podIp });
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
    this.#counts = freshCounts(now, { ...options, clockMs: this.#clockMs }, this.#counts.exactness);
    this.#answering = new Answering(options, now);
    this.#said = { pods: [], edges: [], pickers: [] };
    // The edge that would have logged it may be gone.
    this.#unmatched.client.clear();
    this.#remember();
  }

  /**
   * Others take part from now on, or other limits hold; what was seen of those who stay is kept.
   *
   * @param anew whether the rate is judged anew in any case, as edges or pickers of two kinds are there at once
   */
  change(changes: Partial<Observed>, anew = false): void {
    const before = this.#options;
    const now = this.#now();
    const counts = this.#counts;
    this.#options = { ...before, ...changes };
    const { pods, edges, pickers, limits } = this.#options;
    const at = (kind: Kind, name: string) => before[kind].findIndex((one) => one.name === name);
    counts.gauges = pods.map(({ name }) => counts.gauges[at('pods', name)] ?? { open: 0, highWater: 0 });
    this.#said = {
      pods: pods.map(({ name }) => this.#said.pods[at('pods', name)]),
      edges: edges.map(({ name }) => this.#said.edges[at('edges', name)]),
      pickers: pickers.map(({ name }) => this.#said.pickers[at('pickers', name)]),
    };
    this.#answering.change(this.#options, now);
    for (const { address, name } of pods) if (at('pods', name) < 0) this.#awayAt.set(address, now);
    for (const { name, says } of before.edges)
      if (!edges.some((edge) => edge.name === name)) this.edgeEnded(name, says);
    this.#remember();
    // Who has just come or gone is given the time that everybody has.
    const { lastFullAt } = counts;
    if (lastFullAt !== undefined && now - lastFullAt <= slotGraceSeconds * 1000) counts.lastFullAt = now;
    if (!anew && isSameRate(before.limits, limits)) return;
    const fresh = freshCounts(now, { ...this.#options, clockMs: this.#clockMs }, counts.exactness);
    counts.admittedBefore += counts.admissions.total;
    counts.admissions = fresh.admissions;
    counts.exactness = fresh.exactness;
    counts.rateSince = now;
  }

  /** A connection that was opened before, and is open: the line that was logged when it was opened. */
  openBefore(line: AccessLogLine): void {
    const { podIp, told } = this.#placed(line);
    this.#connections.set(told.requestId, { podIp, told, openedAt: Date.parse(line.time) });
    this.#counts.exactness.held(line);
    this.#emit({ event: 'open', at: line.time, ...told, attempts: line.attempts ?? 1, before: true });
  }

  /** Who takes part in a line. */
  #placed(line: AccessLogLine): Pick<Opened, 'podIp' | 'told'> {
    const { clientNames, edges } = this.#options;
    const upstream = String(line.upstream);
    const { name: pod, podIp } = this.#pods.get(upstream) ?? { name: upstream, podIp: upstream };
    const told = {
      client: clientNames.get(line.client) ?? line.client,
      edge: edges.find(({ says }) => says === line.edge)?.name ?? line.edge,
      pod,
      requestId: line.request_id ?? '',
    };
    return { podIp, told };
  }

  /** A line of an edge's output; other lines than those of the access log are passed over. */
  edgeLine(text: string): void {
    const line = upgradeIn(text);
    if (!line) return;
    this.#counts.exactness.line(line);
    const { podIp, told } = this.#placed(line);
    const { requestId } = told;
    const at = Date.parse(line.time);
    if (line.type === 'DownstreamTunnelSuccessfullyEstablished') {
      if (this.#isJudged(line)) {
        this.#counts.admissions.add(at);
        this.#counts.opened++;
      }
      this.#match('edge', requestId);
      this.#connections.set(requestId, { podIp, told, openedAt: at });
      this.#emit({ event: 'open', at: line.time, ...told, attempts: line.attempts ?? 1 });
    } else if (line.code === 101) {
      if (!this.#closed(requestId)) this.#toldOf(String(line.upstream));
      const ended = new Date(at + line.duration_ms).toISOString();
      this.#emit({ event: 'close', at: ended, ...told, seconds: line.duration_ms / 1000 });
    } else {
      const { client, edge } = told;
      this.#refused(line, { at: line.time, client, edge, requestId });
    }
  }

  /** An edge ended: the connections of which it did not log the end have ended with it. */
  edgeEnded(edge: string, says = edge): void {
    const now = this.#now();
    this.#counts.exactness.edgeEnded(says, now);
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
    return Date.parse(line.time) >= this.#counts.rateSince;
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
    const parsed = clientLine.safeParse(jsonOf(text));
    if (!parsed.success) return;
    const line = parsed.data;
    const { requestId } = line;
    /** Whether the attempt began since the limits are as they are. */
    const began = this.#now() - line.durationMs >= this.#counts.startedAt;
    if (line.event === 'open' || (line.event === 'refused' && line.status !== undefined)) {
      const first = this.#ranBefore && Date.parse(line.time) < this.#startedAt + FIRST_MS;
      if (!first) this.#match('client', requestId);
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
    } else if (line.event === 'close') {
      // An edge that is killed has no line of the end.
      this.#closed(requestId);
    } else if (line.event === 'reply_invalid' || line.event === 'reply_missing') {
      this.#counts.replies.total++;
      this.#wrong(`${line.event.replace('_', ' ')} at ${client}`);
    }
  }

  /** Whether it is known when the connection was opened. */
  #closed(requestId: string): boolean {
    const opened = this.#connections.get(requestId);
    if (opened) opened.closedAt ??= this.#now();
    return opened !== undefined;
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
    if (this.#ranBefore) this.#countUntold(pod, open);
  }

  /** Logs come a little late, so the first looks count for as many as there may be. */
  #countUntold(pod: number, open: number): void {
    const { address = '', podIp } = this.#options.pods[pod] ?? {};
    const known = this.#untold.get(address);
    if (this.#now() < this.#startedAt + LOG_GRACE_MS) {
      const all = [...this.#connections.values()];
      const told = all.filter((one) => one.podIp === podIp && one.closedAt === undefined).length;
      this.#untold.set(address, Math.max(known ?? 0, open - told));
    } else if (known !== undefined) this.#untold.set(address, Math.min(known, open));
  }

  /** One that no log told of was closed. */
  #toldOf(address: string): void {
    const untold = this.#untold.get(address);
    if (untold !== undefined) this.#untold.set(address, Math.max(0, untold - 1));
  }

  /** Whether somebody who was asked how it is gave an answer, and in which words. */
  asked(kind: Kind, index: number, answered: boolean, words = ''): void {
    this.#answering.asked(kind, index, answered, this.#now());
    if (answered) this.#said[kind][index] = words;
  }

  /** To be called about once a second: settles what had to wait for a slower log. */
  tick(): void {
    const now = this.#now();
    const logged = this.#loggedUntil();
    this.#waitingReplies = this.#waitingReplies.filter((reply) => !this.#settle(reply, logged));
    for (const [id, since] of this.#unmatched.client) {
      if (logged - since < LOG_GRACE_MS) continue;
      this.#unmatched.client.delete(id);
      this.#counts.logged.missing++;
    }
    for (const [id, since] of this.#unmatched.edge) {
      if (logged - since > 2 * LOG_GRACE_MS) this.#unmatched.edge.delete(id);
    }
    for (const [id, { closedAt }] of this.#connections) {
      if (closedAt !== undefined && logged - closedAt > 2 * LOG_GRACE_MS) this.#connections.delete(id);
    }
    for (const { address, away } of this.#options.pods) if (away) this.#awayAt.set(address, now);
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
    const picker = counts.exactness.judge(this.#loggedUntil(), this.#slotsInService(now));
    const seen: Seen = {
      seconds: since(now),
      pods: this.#options.pods.map(({ name, address, limit, away }, i) => ({
        name,
        address,
        ...(away && { away }),
        open: counts.gauges[i]?.open ?? 0,
        highWater: counts.gauges[i]?.highWater ?? 0,
        limit: limit ?? this.#options.limits.connectionsPerPod,
      })),
      atRate: { admitted: counts.admissions.total, seconds: (now - counts.rateSince) / 1000 },
      slots: this.#slots(),
      admissions: {
        total: counts.admittedBefore + counts.admissions.total,
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
      said: { edges: this.#saidBy('edges'), pickers: this.#saidBy('pickers') },
      verdicts: verdicts(this.#options, seen).map((verdict) =>
        this.#held === undefined ? verdict : { ...verdict, status: 'pending', unseen: this.#held },
      ),
    };
  }

  #saidBy(kind: 'edges' | 'pickers'): string[] {
    return Array.from(this.#said[kind], (words) => words ?? '');
  }

  /** Those of pods that may be offered: one that ends has connections still, and no slots. */
  #slots() {
    const { pods } = this.#options;
    return {
      open: this.#counts.gauges.reduce((sum, { open }, i) => sum + (pods[i]?.away ? 0 : open), 0),
      capacity: capacityOf(this.#options.limits),
      wanted: this.#options.wanted,
    };
  }

  /** Slots of the pods that the picker may offer, by address. */
  #slotsInService(now: number): Map<string, number> {
    const late = now - this.#loggedUntil();
    const inService = this.#options.pods.filter(({ address }, i) => {
      const awayAt = this.#awayAt.get(address) ?? Number.NEGATIVE_INFINITY;
      return (
        now - this.#answering.missedAt('pods', i) > OUT_OF_SERVICE_MS + late && now - awayAt > COMES_MS + late
      );
    });
    const { connectionsPerPod } = this.#options.limits;
    return new Map(
      inService.map(({ address, limit = connectionsPerPod }) => [
        address,
        limit - (this.#untold.get(address) ?? 0),
      ]),
    );
  }

  /** Each client event needs its access log line; whichever comes second makes the pair. */
  #match(side: 'client' | 'edge', requestId: string): void {
    const other = side === 'client' ? this.#unmatched.edge : this.#unmatched.client;
    if (other.delete(requestId)) this.#counts.logged.found++;
    else this.#unmatched[side].set(requestId, this.#now());
  }

  #settle({ requestId, podIp, since }: { requestId: string; podIp: string; since: number }, logged: number) {
    const pod = this.#connections.get(requestId)?.podIp;
    if (pod === undefined && logged - since < LOG_GRACE_MS) return false;
    const before = this.#ranBefore && pod === undefined;
    if (before && [...this.#pods.values()].some((one) => one.podIp === podIp)) return true;
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

/** Whether the same rate is shared in the same way. */
function isSameRate(one: Limits, other: Limits): boolean {
  return (
    one.admission === other.admission &&
    one.edgeReplicas === other.edgeReplicas &&
    one.newConnectionsPerSecond === other.newConnectionsPerSecond &&
    one.newConnectionsPerSecondPerClient === other.newConnectionsPerSecondPerClient
  );
}

function isTimestamp(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && !Number.isNaN(Date.parse(text));
}
