import { type AccessLogLine, capacityOf, type Limits } from '@envoy-poc/edge';
import { Answering, type Kind } from './answering.ts';
import { type Counts, freshCounts } from './counts.ts';
import type { RunEvent, RunState } from './events.ts';
import { JoinedLogs, type Logged } from './joined-logs.ts';
import { type Promised, type Seen, slotGraceSeconds, verdicts } from './verdicts.ts';

/** What a run promises, and who takes part. */
export interface Observed extends Promised, Logged {
  /** `limit`: its own, where that is another than that of all. `away`: not to be offered, as it starts or ends. */
  pods: (Logged['pods'][number] & { limit?: number; away?: true })[];
  /** Empty where each edge admits its share by itself. */
  pickers: { name: string }[];
  /** Connections that all clients together want. */
  wanted: number;
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

/** Joins what pods, edges and clients report into events, a state and verdicts; {@link JoinedLogs} has what is logged. */
export class Observer {
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #clockMs: number;
  readonly #loggedUntil: () => number;
  #options: Observed;
  #counts: Counts;
  readonly #logs: JoinedLogs;
  #answering: Answering;
  #said: Record<Kind, (string | undefined)[]> = { pods: [], edges: [], pickers: [] };
  /** When each pod that came later was not there yet, by its address. */
  readonly #awayAt = new Map<string, number>();
  /** Why nothing is judged at the moment. */
  #held: string | undefined;

  /** Time runs from here: create it when the edges are ready. */
  constructor(options: ObserverOptions) {
    const { emit, now = Date.now, loggedUntil = now, ranBefore = false, clockMs = 0, ...observed } = options;
    this.#now = now;
    this.#loggedUntil = loggedUntil;
    this.#clockMs = clockMs;
    this.#startedAt = now();
    this.#options = observed;
    this.#counts = freshCounts(this.#startedAt, { ...observed, clockMs });
    this.#logs = new JoinedLogs({ emit, now, ranBefore }, observed, this.#counts);
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
    this.#counts = freshCounts(now, { ...options, clockMs: this.#clockMs }, this.#counts.exactness);
    this.#answering = new Answering(options, now);
    this.#said = { pods: [], edges: [], pickers: [] };
    this.#logs.change(options);
    this.#logs.countIn(this.#counts);
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
      if (!edges.some((edge) => edge.name === name)) this.#logs.edgeEnded(name, says);
    this.#logs.change(this.#options);
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
    this.#logs.openBefore(line);
  }

  /** A line of an edge's access log. */
  edgeLine(line: AccessLogLine): void {
    this.#logs.edgeLine(line);
  }

  /** An edge ended: the connections of which it did not log the end have ended with it. */
  edgeEnded(edge: string): void {
    this.#logs.edgeEnded(edge);
  }

  /** A line of a client's output. */
  clientLine(client: string, text: string): void {
    this.#logs.clientLine(client, text);
  }

  /** What a pod's own metrics say. */
  gauges(pod: number, open: number, highWater: number): void {
    this.#counts.gauges[pod] = { open, highWater };
    const { address, podIp } = this.#options.pods[pod] ?? {};
    if (address !== undefined && podIp !== undefined) this.#logs.gauge(address, podIp, open);
  }

  /** Whether somebody who was asked how it is gave an answer, and in which words. */
  asked(kind: Kind, index: number, answered: boolean, words = ''): void {
    this.#answering.asked(kind, index, answered, this.#now());
    if (answered) this.#said[kind][index] = words;
  }

  /** To be called about once a second: settles what had to wait for a slower log. */
  tick(): void {
    const now = this.#now();
    this.#logs.settle(this.#loggedUntil());
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
      pods: this.#pods(now),
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

  #pods(now: number): RunState['pods'] {
    const silent = new Set(this.#answering.silent('pods', now).map(({ name }) => name));
    return this.#options.pods.map(({ name, address, limit, away }, i) => {
      const { open = 0, highWater = 0 } = this.#counts.gauges[i] ?? {};
      const untold = silent.has(name) ? 0 : Math.min(open, this.#logs.untold.now(address));
      return {
        ...{ name, address, open, highWater },
        limit: limit ?? this.#options.limits.connectionsPerPod,
        ...(away && { away }),
        ...(untold > 0 && { untold }),
      };
    });
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
        limit - this.#logs.untold.mostBefore(address),
      ]),
    );
  }
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
