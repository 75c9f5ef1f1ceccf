import { Book, type BookEvents, type Stream } from './book.ts';
import type { PickerSettings } from './config.ts';
import { ClientGcras, Gcra } from './gcra.ts';
import type { Report } from './report.ts';

/** Pods an edge may try for one upgrade. */
const MOST_ENDPOINTS = 4;

/** A picker that has not looked around for so long, stopped or starved, first hears what came in meanwhile. */
const STALLED_MS = 1000;

/**
 * Whoever admitted last may go first the next time: others let at most so much more time pass, or an interval. By chance,
 * so that of two that admitted at one moment one goes first.
 */
const MOST_YIELD_MS = 100;

/** A picker whose pods become more and more for so long is ready all the same. */
const MOST_SETTLING_MS = 60_000;

/** What an edge asks for. */
export interface Question {
  requestId: string;
  /** Address of the client; left out: one client more. */
  client?: string | undefined;
}

/** What an edge is told; `unready`: to go on without the picker. */
export type Answer =
  | { readonly kind: 'picked'; readonly endpoints: readonly string[] }
  | { readonly kind: 'rate'; readonly waitMs: number; readonly of: 'all' | 'client' }
  | { readonly kind: 'full' }
  | { readonly kind: 'unready'; readonly why: 'no pod' | 'settling' | 'stalled' };

/** What a refusal rests on. */
export interface Grounds {
  readonly pods: number;
  readonly freeSlots: number;
  readonly slotsTaken: number;
  /** Slots that were handed out and are not confirmed. */
  readonly handedOut: number;
  /** How long until the rate allows an attempt of this client; 0: now. */
  readonly waitMs: number;
  /** Shortest time between two admissions, of the rate that has the longer wait. */
  readonly intervalMs: number;
}

/**
 * Decides who is admitted, and where. Pure: all times are milliseconds of a clock that never goes back, given by the caller.
 */
export class Decider {
  readonly book: Book;
  readonly #settleMs: number;
  readonly #rate: Gcra;
  readonly #clients: ClientGcras | undefined;
  readonly #random: () => number;
  /** When the first of the pods that are heard came, and when they became more than ever since. */
  #firstPodMs = 0;
  #morePodsMs = 0;
  #mostPods = 0;
  #settled = false;
  #tickMs: number;
  #stalled = false;

  constructor(
    settings: Pick<
      PickerSettings,
      'newConnectionsPerSecond' | 'newConnectionsPerSecondPerClient' | 'settleSeconds'
    >,
    random: () => number,
    nowMs: number,
    events: BookEvents,
  ) {
    this.book = new Book(events);
    this.#settleMs = settings.settleSeconds * 1000;
    // Somebody else may have admitted until now.
    this.#rate = new Gcra(settings.newConnectionsPerSecond, nowMs);
    const perClient = settings.newConnectionsPerSecondPerClient;
    this.#clients = perClient === undefined ? undefined : new ClientGcras(perClient);
    this.#random = random;
    this.#tickMs = nowMs;
  }

  /** Clients whose interval is not over, and some whose is. */
  get clients(): number {
    return this.#clients?.size ?? 0;
  }

  /** Admissions of all clients together, at most. */
  get perSecond(): number {
    return 1000 / this.#rate.intervalMs;
  }

  decide({ requestId, client = '' }: Question, nowMs: number): Answer {
    const why = this.unready(nowMs);
    if (why) return { kind: 'unready', why };
    this.book.expire(nowMs);
    if (this.book.pods === 0) return { kind: 'unready', why: 'no pod' };
    if (this.book.freeSlots === 0) return { kind: 'full' };
    const waitMs = this.#rate.waitMs(nowMs);
    const clientWaitMs = this.#clients?.waitMs(client, nowMs) ?? 0;
    if (waitMs > 0 || clientWaitMs > 0) {
      const of = clientWaitMs > waitMs ? 'client' : 'all';
      return { kind: 'rate', waitMs: Math.max(waitMs, clientWaitMs), of };
    }
    this.#rate.admitted(nowMs);
    this.#clients?.admitted(client, nowMs);
    return {
      kind: 'picked',
      endpoints: this.book.handOut(requestId, MOST_ENDPOINTS, this.#random, nowMs),
    };
  }

  /** What a refusal at this moment rests on. Changes nothing but what is over anyway. */
  grounds({ client = '' }: Question, nowMs: number): Grounds {
    const { pods, freeSlots, takenSlots: slotsTaken, outstanding: handedOut } = this.book;
    const ofAll = { waitMs: this.#rate.waitMs(nowMs), intervalMs: this.#rate.intervalMs };
    const ofClient = this.#clients && {
      waitMs: this.#clients.waitMs(client, nowMs),
      intervalMs: this.#clients.intervalMs,
    };
    const rate = ofClient && ofClient.waitMs > ofAll.waitMs ? ofClient : ofAll;
    return { pods, freeSlots, slotsTaken, handedOut, ...rate };
  }

  /** A pod says how it is; an upgrade that somebody else admitted counts for the rate as well. */
  report(stream: Stream, endpoint: string, report: Report, nowMs: number): void {
    if (this.book.pods === 0) {
      this.#firstPodMs = nowMs;
      this.#mostPods = 0;
      this.#settled = false;
    }
    if (this.book.report(stream, endpoint, report, nowMs).foreign) {
      this.#rate.admitted(nowMs + this.#yieldMs());
    }
    // One that goes and comes back makes them no more.
    if (this.book.pods > this.#mostPods) {
      this.#mostPods = this.book.pods;
      this.#morePodsMs = nowMs;
    }
  }

  #yieldMs(): number {
    const most = Math.min(MOST_YIELD_MS, this.#rate.intervalMs);
    return (most * (1 + this.#random())) / 2;
  }

  /** Why edges have to go on without it; undefined: it is ready. */
  unready(nowMs: number): 'no pod' | 'settling' | 'stalled' | undefined {
    if (this.#stalled || nowMs - this.#tickMs > STALLED_MS) return 'stalled';
    if (this.book.pods === 0) return 'no pod';
    this.#settled ||=
      nowMs - this.#morePodsMs >= this.#settleMs || nowMs - this.#firstPodMs >= MOST_SETTLING_MS;
    return this.#settled ? undefined : 'settling';
  }

  /** Called much more often than {@link STALLED_MS}, after what has come in was read. */
  tick(nowMs: number): void {
    this.#stalled = nowMs - this.#tickMs > STALLED_MS;
    this.#tickMs = nowMs;
    if (!this.#stalled) this.book.expire(nowMs);
  }
}
