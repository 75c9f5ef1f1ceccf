import type { AccessLogLine } from '@envoy-poc/edge';
import { refusedByPicker } from '../start/exactness.ts';
import type { Decision, OfRequest, Records } from './records.ts';
import { type Level, levelsOf, refusedByShare } from './shares.ts';

/** Why a request was answered as it was. */
export interface Explanation {
  readonly requestId: string;
  readonly outcome: 'open' | 'refused' | 'unanswered';
  /** `timeout`: no pod took it in time; `unavailable`: none answered; `request`: it was no proper upgrade. */
  readonly reason?:
    | 'rate'
    | 'full'
    | 'draining'
    | 'timeout'
    | 'unavailable'
    | 'request'
    | 'overload'
    | 'other';
  /** Who refused it. */
  readonly by?: 'picker' | 'edge' | 'pods';
  /** When it came to the edge, ISO 8601. */
  readonly at: string;
  readonly client: string;
  readonly edge?: string;
  readonly status?: number;
  readonly milliseconds?: number;
  /** What the edge or the client says of it, where the reason is not one of those. */
  readonly detail?: string;
  /** What the endpoint picker decided; left out where nothing of it is known. */
  readonly picker?: PickerSaid;
  /** The bucket of the rate that was not full enough. Tokens: a whole one is needed. */
  readonly bucket?: {
    readonly of: 'all' | 'client';
    readonly least: number;
    readonly most: number;
    readonly intervalMs: number;
  };
  /** Pods that were asked, in order, and what each said. */
  readonly tried: readonly { readonly pod: string; readonly at: string; readonly said: string }[];
  /** From when on it would have been admitted, if nobody had come first; left out: not by the end of the logs. */
  readonly earliest?: { readonly at: string; readonly because: string };
  /** How far the logs tell, ISO 8601. */
  readonly until: string;
}

interface PickerSaid {
  readonly name: string;
  readonly answer: Decision['answer'];
  readonly why?: string;
  readonly pods?: number;
  readonly freeSlots?: number;
  readonly slotsTaken?: number;
  readonly handedOut?: number;
}

/** Explains requests by what the logs of a platform say. */
export class Explainer {
  readonly #records: Records;
  #levels: Map<AccessLogLine, Level> | undefined;

  constructor(records: Records) {
    this.#records = records;
  }

  /** One explanation for each attempt with this id, oldest first; none: no log has it. */
  explain(requestId: string): Explanation[] {
    const found = this.#records.of(requestId);
    if (!found) return [];
    // An open connection has two lines, of which the first says all.
    const attempts = found.edge.filter(
      (line, _, all) => !(isEnd(line) && all.some((other) => other.time === line.time && other !== line)),
    );
    if (attempts.length === 0) return this.#unanswered(requestId, found);
    return attempts.map((line) => this.#attempt(requestId, line, partOf(found, line, attempts.length === 1)));
  }

  /** The ids of the latest refusals, newest last. */
  latestRefusals(many: number): string[] {
    const refused = this.#records.edgeLines.filter(({ code }) => code !== 101);
    const ids = refused.map(({ request_id: id }) => id ?? '');
    return [...new Set(ids.reverse())].slice(0, many).reverse();
  }

  #attempt(requestId: string, line: AccessLogLine, found: OfRequest): Explanation {
    const { untilMs } = this.#records;
    const nameOf = (address: string) => this.#records.nameOf(address);
    const decision = found.decisions.at(-1);
    const tried = found.pods
      .filter(({ event }) => event !== 'close')
      .sort((one, other) => one.time.localeCompare(other.time))
      .map(({ pod, time, event, detail }) => ({
        pod,
        at: time,
        said: event === 'open' ? 'open' : (detail ?? ''),
      }));
    // Pods that gave no answer have no line.
    if (tried.length === 0 && line.upstream !== null) {
      const said = line.code === 101 ? 'open' : `no answer (${line.flags} ${line.details})`;
      tried.push({ pod: nameOf(line.upstream), at: line.time, said });
    }
    const common = {
      ...{ requestId, at: line.time, client: nameOf(line.client), edge: line.edge, status: line.code },
      ...{ milliseconds: line.duration_ms, tried, until: new Date(untilMs).toISOString() },
      ...(decision && { picker: pickerSaid(decision) }),
    };
    if (line.code === 101) return { ...common, outcome: 'open' };
    const verdict = this.#refusal(line, decision);
    return { ...common, outcome: 'refused', ...verdict };
  }

  #refusal(
    line: AccessLogLine,
    decision: Decision | undefined,
  ): Pick<Explanation, 'reason' | 'by' | 'bucket' | 'earliest' | 'detail'> {
    const byPicker = refusedByPicker(line);
    if (byPicker === 'rate') return { reason: 'rate', by: 'picker', ...ofPickersBucket(decision) };
    if (byPicker === 'full') return { reason: 'full', by: 'picker', ...this.#whenFree(line, decision) };
    if (refusedByShare(line)) return { reason: 'rate', by: 'edge', ...this.#ofShare(line) };
    const detail = `${line.code} ${line.flags} ${line.details}`;
    if (line.code === 503 && line.details === 'direct_response') return { reason: 'draining', by: 'edge' };
    if (line.code === 503 && line.details === 'via_upstream')
      return { reason: 'full', by: 'pods', ...this.#whenFree(line, undefined) };
    if (line.details === 'overload') return { reason: 'overload', by: 'edge', detail };
    if (line.code >= 400 && line.code < 500) return { reason: 'request', by: 'edge', detail };
    if (line.code === 504) return { reason: 'timeout', by: 'edge', detail };
    if (line.code >= 500) return { reason: 'unavailable', by: 'edge', detail };
    return { reason: 'other', by: 'edge', detail };
  }

  /** When a slot was free again, or the rate allowed it if that is later. */
  #whenFree(line: AccessLogLine, decision: Decision | undefined): Pick<Explanation, 'earliest'> {
    const decidedMs = decision ? Date.parse(decision.time) : Date.parse(line.time) + line.duration_ms;
    const free = this.#records.freeSlotAfter(decidedMs);
    if (!free) return {};
    const allowedMs = decidedMs + (decision?.waitMs ?? 0);
    const because = free.atMs >= allowedMs ? free.because : 'a slot was free, and the rate allowed one more';
    return { earliest: { at: new Date(Math.max(free.atMs, allowedMs)).toISOString(), because } };
  }

  /** The edge's own bucket: replayed where the limits are known, else as the edge told the client, in whole seconds. */
  #ofShare(line: AccessLogLine): Pick<Explanation, 'bucket' | 'earliest'> {
    this.#levels ??= levelsOf(this.#records.edgeLines, (logged) => this.#records.limitsOf(logged));
    const level = this.#levels.get(line);
    const edge = line.edge;
    if (level) {
      const { of, least, most, intervalMs, wholeAtMs } = level;
      const because = `the share of ${edge} had a whole token`;
      const at = new Date(Math.ceil(wholeAtMs)).toISOString();
      return { bucket: { of, least, most, intervalMs }, earliest: { at, because } };
    }
    const seconds = Number(line.reset ?? Number.NaN);
    if (!Number.isFinite(seconds)) return {};
    const at = new Date(Date.parse(line.time) + line.duration_ms + seconds * 1000).toISOString();
    return { earliest: { at, because: `${edge} told the client to wait ${seconds} s` } };
  }

  #unanswered(requestId: string, { clients, decisions, pods }: OfRequest): Explanation[] {
    const until = new Date(this.#records.untilMs).toISOString();
    const tried = pods.map(({ pod, time, event, detail }) => ({ pod, at: time, said: detail ?? event }));
    const decision = decisions.at(-1);
    const common = { requestId, outcome: 'unanswered' as const, until, tried };
    const picker = decision && { picker: pickerSaid(decision) };
    const detail =
      'no edge has a line of it: the edge died, its log was lost, or the request has not ended yet';
    if (clients.length > 0) {
      return clients.map(({ client, time, detail: seen }) => ({
        ...{ ...common, ...picker, at: time, client },
        detail: seen ? `${seen}; ${detail}` : detail,
      }));
    }
    const at = decision?.time ?? pods[0]?.time ?? until;
    return [{ ...common, ...picker, at, client: 'a client', detail }];
  }
}

function isEnd({ code, type }: AccessLogLine): boolean {
  return code === 101 && type === 'DownstreamEnd';
}

/** Of several requests with one id: what was said while this one went on. */
function partOf(found: OfRequest, line: AccessLogLine, only: boolean): OfRequest {
  if (only) return found;
  const fromMs = Date.parse(line.time) - 1;
  const untilMs = fromMs + line.duration_ms + 2;
  const during = ({ time }: { time: string }) => Date.parse(time) >= fromMs && Date.parse(time) <= untilMs;
  return { ...found, decisions: found.decisions.filter(during), pods: found.pods.filter(during) };
}

function pickerSaid({ picker, answer, why, pods, freeSlots, slotsTaken, handedOut }: Decision): PickerSaid {
  return {
    ...{ name: picker, answer },
    ...(why !== undefined && { why }),
    ...(pods !== undefined && { pods }),
    ...(freeSlots !== undefined && { freeSlots }),
    ...(slotsTaken !== undefined && { slotsTaken }),
    ...(handedOut !== undefined && { handedOut }),
  };
}

function ofPickersBucket(decision: Decision | undefined): Pick<Explanation, 'bucket' | 'earliest'> {
  const { waitMs, intervalMs, of = 'all', time } = decision ?? {};
  if (waitMs === undefined || intervalMs === undefined || time === undefined) return {};
  const level = Math.min(1, Math.max(0, 1 - waitMs / intervalMs));
  return {
    bucket: { of, least: level, most: level, intervalMs },
    earliest: {
      at: new Date(Date.parse(time) + waitMs).toISOString(),
      because: of === 'client' ? 'the rate allowed this client one more' : 'the rate allowed one more',
    },
  };
}
