import { type AccessLogLine, admissionIntervalSeconds, type Limits } from '@envoy-poc/edge';
import { Admissions } from './admissions.ts';
import { type Spaced, Spacing } from './spacing.ts';

/** What the edges' access logs tell of the endpoint picker. */
export interface PickerState {
  /** Upgrades that it admitted, and how they lie in time. */
  picked: { total: number } & Spaced;
  /** Upgrades that an edge admitted by its own share, because the picker gave no answer. */
  byShare: { total: number; worstSecond: number };
  /** Its refusals by rate and for full, and which of them were wrong. */
  rate: Judged;
  full: Judged;
}

interface Judged {
  refused: number;
  /** Those of which everything that was under way with them has been logged. */
  judged: number;
  wrong: number;
  /** One wrong refusal in words. */
  example: string | undefined;
}

export interface ExactnessOptions {
  limits: Pick<Limits, 'newConnectionsPerSecond' | 'newConnectionsPerSecondPerClient'>;
  /** From when on lines of upgrades are seen, in epoch milliseconds. */
  sinceMs: number;
  /** How much the edges' clocks may differ, in milliseconds. */
  clockMs: number;
}

/** An upgrade about which the picker was asked and did not refuse: at some moment in it, it may have admitted. */
interface Asked {
  client: string;
  from: number;
  until: number;
  /** Whether it took the slot that it says: opened at the first pod of the picker's list. */
  plain: boolean;
}

/** A slot that is taken, from the start of the upgrade to what the edge saw of its end. */
interface Hold {
  pod: string | null;
  from: number;
  until: number;
}

interface Refusal extends Pick<AccessLogLine, 'client' | 'edge' | 'time'> {
  from: number;
  until: number;
  /** Its own hand-out, where pods refused what the picker had admitted. */
  own?: Asked;
}

/** An access log cuts fractions of milliseconds off, of the start and of the duration. */
const LOG_MS = 2;

/** What one picker may need to hear that another has admitted somebody, and lets it go first, in milliseconds. */
export const ADMISSION_NEWS_MS = 150;

/** What a picker may need to hear that a connection is closed, in milliseconds: its pod has to notice first. */
export const CLOSE_NEWS_MS = 250;

/** A hand-out that no pod confirms counts as a taken slot for so long, in milliseconds. */
const HAND_OUT_MS = 2000;

/** A picker may still answer an edge that has given up: the admission is later than its upgrade, by at most so much. */
const LATE_ANSWER_MS = 1000;

/** The line of an upgrade that was under way at a moment is there by so much later: its time-out, and the log's delay. */
const LOGGED_MS = 7000;

/** Whether the endpoint picker refused an upgrade, and why; undefined: it did not. */
export function refusedByPicker(line: Pick<AccessLogLine, 'code' | 'flags'>): 'rate' | 'full' | undefined {
  if (!line.flags.includes('UAEX')) return undefined;
  return line.code === 429 ? 'rate' : line.code === 503 ? 'full' : undefined;
}

/**
 * Judges the endpoint picker by the edges' access logs: whether its admissions can have been an interval apart, and whether
 * each of its refusals was true. What cannot be known counts for it: a log says when an upgrade began and was answered,
 * not when the picker decided in between.
 */
export class Exactness {
  readonly #options: ExactnessOptions;
  /** What was admitted or refused before was judged by other limits. */
  readonly #countsFromMs: number;
  readonly #intervalMs: number;
  readonly #clientIntervalMs: number | undefined;
  readonly #spacing: Spacing;
  readonly #byShare = new Admissions();
  readonly #holds: Map<string, Hold>;
  #asked: Asked[];
  #waiting: { rate: Refusal[]; full: Refusal[] } = { rate: [], full: [] };
  #picked = 0;
  readonly #rate: Judged = { refused: 0, judged: 0, wrong: 0, example: undefined };
  readonly #full: Judged = { refused: 0, judged: 0, wrong: 0, example: undefined };

  /** @param before judged until now, by other limits: who was admitted then still has a slot */
  constructor(options: ExactnessOptions, before?: Exactness) {
    this.#countsFromMs = before ? options.sinceMs : Number.NEGATIVE_INFINITY;
    this.#holds = new Map(before ? before.#holds : []);
    this.#asked = before ? [...before.#asked] : [];
    const { newConnectionsPerSecondPerClient: perClient } = options.limits;
    this.#options = options;
    this.#intervalMs = 1000 * admissionIntervalSeconds(options.limits);
    this.#clientIntervalMs =
      perClient === undefined
        ? undefined
        : 1000 * admissionIntervalSeconds({ newConnectionsPerSecond: perClient });
    this.#spacing = new Spacing(this.#intervalMs);
  }

  /** A connection that was opened before the first line, and has its slot. */
  held(line: AccessLogLine): void {
    const hold = { pod: line.upstream, from: Date.parse(line.time), until: Number.POSITIVE_INFINITY };
    this.#holds.set(keyOf(line), hold);
  }

  /** A line of an upgrade. */
  line(line: AccessLogLine): void {
    const { client, edge, time, code, route, upstream } = line;
    const from = Date.parse(time);
    const until = from + line.duration_ms + LOG_MS + this.#options.clockMs;
    const key = keyOf(line);
    if (line.type === 'DownstreamTunnelSuccessfullyEstablished') {
      this.#holds.set(key, { pod: upstream, from, until: Number.POSITIVE_INFINITY });
    } else if (code === 101) {
      this.#holds.set(key, { pod: upstream, from, until });
      return;
    }
    const refused = refusedByPicker(line);
    const counts = from >= this.#countsFromMs;
    if (refused && counts) this.#refused(refused, { client, edge, time, from, until });
    // The routes that answer by themselves ask nobody.
    if (refused || (route !== 'picked' && route !== 'upgrade')) return;
    const asked = { client, from, until, plain: route === 'picked' && code === 101 && line.attempts === 1 };
    this.#asked.push(asked);
    if (!counts) return;
    if (route === 'picked') {
      this.#picked++;
      this.#spacing.add(asked);
      if (code === 503) this.#refused('full', { client, edge, time, from, until, own: asked });
    } else if (upstream !== null) this.#byShare.add(from);
  }

  /** An edge ended without a word: so did its connections. */
  edgeEnded(edge: string, nowMs: number): void {
    for (const [key, hold] of this.#holds) {
      if (key.startsWith(`${edge} `)) hold.until = Math.min(hold.until, nowMs);
    }
  }

  #refused(why: 'rate' | 'full', refusal: Refusal): void {
    (why === 'rate' ? this.#rate : this.#full).refused++;
    this.#waiting[why].push(refusal);
  }

  /**
   * How the picker stands, by what must have been logged by now.
   *
   * @param slots free ones of each pod that is in service, beside those of the connections that were logged
   */
  judge(nowMs: number, slots: ReadonlyMap<string, number>): PickerState {
    const settledMs = nowMs - LOGGED_MS;
    for (const refusal of this.#take('rate', settledMs)) this.#judgeRate(refusal);
    for (const refusal of this.#take('full', settledMs)) this.#judgeFull(refusal, slots);
    this.#forget(settledMs);
    const { total, worstSecond } = this.#byShare;
    return {
      picked: { total: this.#picked, ...this.#spacing.judge(settledMs) },
      byShare: { total, worstSecond },
      rate: { ...this.#rate },
      full: { ...this.#full },
    };
  }

  /** Refusals that everything that was under way with them has been logged about. */
  #take(why: 'rate' | 'full', settledMs: number): Refusal[] {
    const all = this.#waiting[why];
    this.#waiting[why] = all.filter(({ until }) => until > settledMs);
    return all.filter(({ until }) => until <= settledMs);
  }

  /** A refusal by rate is true when an admission may have been less than an interval before, of anybody or of the client. */
  #judgeRate(refusal: Refusal): void {
    const { client, edge, time, from, until } = refusal;
    const before = this.#asked.filter((one) => one.from <= until);
    const intervals = [{ intervalMs: this.#intervalMs, asked: before }];
    if (this.#clientIntervalMs !== undefined) {
      const ofClient = before.filter((one) => one.client === client);
      intervals.push({ intervalMs: this.#clientIntervalMs, asked: ofClient });
    }
    // Nobody knows who was admitted before the first line.
    const longest = Math.max(...intervals.map(({ intervalMs }) => intervalMs));
    if (from < this.#options.sinceMs + longest + ADMISSION_NEWS_MS + LATE_ANSWER_MS) return;
    const latest = (one: Asked) => one.until + ADMISSION_NEWS_MS + (one.plain ? 0 : LATE_ANSWER_MS);
    const isTrue = intervals.some(({ intervalMs, asked }) =>
      asked.some((one) => latest(one) + intervalMs >= from),
    );
    const last = Math.max(...before.map((one) => one.until));
    const ago =
      before.length > 0 ? `${((from - last) / 1000).toFixed(2)} s after` : 'longer than the interval after';
    count(this.#rate, isTrue ? undefined : `429 to ${client} at ${edge}, ${time}, ${ago} the last admission`);
  }

  /** One for full is true unless more slots were free all the time than may be handed out to who did not take them. */
  #judgeFull(refusal: Refusal, slots: ReadonlyMap<string, number>): void {
    const { client, edge, time, until, own } = refusal;
    const from = refusal.from - CLOSE_NEWS_MS;
    const taken = new Map<string | null, number>();
    for (const hold of this.#holds.values()) {
      if (hold.from > until || hold.until < from) continue;
      taken.set(hold.pod, (taken.get(hold.pod) ?? 0) + 1);
    }
    let free = 0;
    for (const [pod, ofPod] of slots) free += Math.max(0, ofPod - (taken.get(pod) ?? 0));
    const mayHold = (one: Asked) => one.from <= until && one.until + HAND_OUT_MS + CLOSE_NEWS_MS >= from;
    free -= this.#asked.filter((one) => one !== own && !one.plain && mayHold(one)).length;
    const wrong = `503 to ${client} at ${edge}, ${time}, with ${free} free all the time`;
    count(this.#full, free > 0 ? wrong : undefined);
  }

  #forget(settledMs: number): void {
    const longest = Math.max(this.#intervalMs, this.#clientIntervalMs ?? 0);
    // Longer than any upgrade, and than all that may come after one.
    const keepFrom = settledMs - longest - 2 * LOGGED_MS;
    this.#asked = this.#asked.filter(({ until }) => until >= keepFrom);
    for (const [key, { until }] of this.#holds) if (until < keepFrom) this.#holds.delete(key);
  }
}

/** Both lines of a connection have its start. */
function keyOf({ edge, request_id: id, time }: AccessLogLine): string {
  return `${edge} ${id} ${time}`;
}

function count(judged: Judged, wrong?: string): void {
  judged.judged++;
  if (wrong === undefined) return;
  judged.wrong++;
  judged.example = wrong;
}
