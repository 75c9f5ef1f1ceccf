import type { AccessLogLine } from '@envoy-poc/edge';
import { z } from 'zod';
import { jsonOf } from '#runtime/json';
import { isWebSocket } from './access-log.ts';
import type { Counts } from './counts.ts';
import type { RefusalReason, RunEvent } from './events.ts';
import { refusedByPicker } from './exactness.ts';
import { Untold } from './untold.ts';

/** Those whom logs tell of. */
export interface Logged {
  pods: { name: string; address: string; podIp: string }[];
  /** `says`: how its access log names it, where that is not its name. */
  edges: { name: string; url: string; says?: string }[];
  /** Name of the client behind an address; others are shown by their address. */
  clientNames: ReadonlyMap<string, string>;
}

export interface JoinedLogsOptions {
  emit: (event: RunEvent) => void;
  /** Whether it ran before: nobody can tell then when each open connection was opened. */
  ranBefore: boolean;
  /** Epoch milliseconds. */
  now: () => number;
}

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

/** Joins what edges and clients log into events and counts. */
export class JoinedLogs {
  readonly #emit: (event: RunEvent) => void;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #ranBefore: boolean;
  #logged: Logged;
  #counts: Counts;
  /** Every pod that there was, by address: a log still tells of one that is gone. */
  readonly #pods = new Map<string, { name: string; podIp: string }>();
  /** What no log tells of. */
  readonly untold: Untold;
  /** By request id. */
  readonly #connections = new Map<string, Opened>();
  /** Seen by a client, not yet in an access log, and the other way round: request id to when. */
  readonly #unmatched = { client: new Map<string, number>(), edge: new Map<string, number>() };
  #waitingReplies: { requestId: string; podIp: string; since: number }[] = [];

  /** @param counts they are counted in */
  constructor({ emit, now, ranBefore }: JoinedLogsOptions, logged: Logged, counts: Counts) {
    this.#emit = emit;
    this.#now = now;
    this.#startedAt = now();
    this.#ranBefore = ranBefore;
    this.untold = new Untold(ranBefore, this.#startedAt);
    this.#logged = logged;
    this.#counts = counts;
    this.change(logged);
  }

  /** Others take part from now on. */
  change(logged: Logged): void {
    this.#logged = logged;
    for (const { address, name, podIp } of logged.pods) this.#pods.set(address, { name, podIp });
  }

  /** Counts anew. */
  countIn(counts: Counts): void {
    this.#counts = counts;
    // The edge that would have logged it may be gone.
    this.#unmatched.client.clear();
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
    const { clientNames, edges } = this.#logged;
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

  /** A line of an edge's access log; one that is about no WebSocket is passed over. */
  edgeLine(line: AccessLogLine): void {
    if (!isWebSocket(line)) return;
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
      if (!this.#closed(requestId)) this.untold.closed(String(line.upstream));
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
      // In a cluster a client's time is also that of its DNS: a packet lost is 5 s.
      if (line.event === 'refused' && began && !this.#ranBefore) this.#tookMilliseconds(line.durationMs);
    } else if (line.event === 'refused') {
      const edge = this.#logged.edges.find(({ url }) => url === line.url)?.name ?? line.url;
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

  /** What a pod says of its open connections. */
  gauge(address: string, podIp: string, open: number): void {
    const all = [...this.#connections.values()];
    const told = all.filter((one) => one.podIp === podIp && one.closedAt === undefined).length;
    this.untold.look(address, open, told, this.#now());
  }

  /**
   * To be called about once a second: settles what had to wait for a slower log.
   *
   * @param logged up to when all log lines are here, in epoch milliseconds
   */
  settle(logged: number): void {
    this.#waitingReplies = this.#waitingReplies.filter((reply) => !this.#settleReply(reply, logged));
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
  }

  /** Each client event needs its access log line; whichever comes second makes the pair. */
  #match(side: 'client' | 'edge', requestId: string): void {
    const other = side === 'client' ? this.#unmatched.edge : this.#unmatched.client;
    if (other.delete(requestId)) this.#counts.logged.found++;
    else this.#unmatched[side].set(requestId, this.#now());
  }

  #settleReply(
    { requestId, podIp, since }: { requestId: string; podIp: string; since: number },
    logged: number,
  ): boolean {
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

function isTimestamp(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && !Number.isNaN(Date.parse(text));
}
