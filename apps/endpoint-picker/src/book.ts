import { FreePods, type Ranked } from './free-pods.ts';
import { HandOuts } from './hand-outs.ts';
import { type Linked, LinkedList } from './linked-list.ts';
import type { Report } from './report.ts';

/** A pod that has said nothing for so long is offered to nobody. */
const SILENT_MS = 3000;

/** A pod's connection to the picker. */
export interface Stream {
  /** A later one has a larger number. */
  readonly number: number;
}

/** Why a pod is offered to nobody any more. */
export type Gone = 'ended' | 'silent';

/** What the book says about its pods when it changes. */
export interface BookEvents {
  heard(endpoint: string, limit: number): void;
  gone(endpoint: string, why: Gone): void;
}

interface Pod extends Ranked, Linked<Pod> {
  /** `ip:port`. */
  readonly endpoint: string;
  /** The stream of its last word; none: it is away. */
  stream: Stream | undefined;
  heardMs: number;
  limit: number;
  taken: number;
  draining: boolean;
  /** Hand-outs that it has not confirmed. */
  handedOut: number;
  free: number;
}

/**
 * What is known of pods and their slots: what they say, less what was handed out and not confirmed yet. All times are
 * milliseconds of a clock that never goes back; every step but the sorting out of silent pods takes constant time.
 */
export class Book {
  readonly #events: BookEvents;
  /** Pods that are heard, and others while a hand-out of theirs counts. */
  readonly #pods = new Map<string, Pod>();
  /** Pods that are heard, the one with the oldest word first. */
  readonly #heard = new LinkedList<Pod>();
  readonly #free = new FreePods<Pod>();
  readonly #handOuts = new HandOuts<Pod>((pod) => {
    pod.handedOut--;
    this.#update(pod);
    this.#forget(pod);
  });
  #freeSlots = 0;
  #takenSlots = 0;

  constructor(events: BookEvents) {
    this.#events = events;
  }

  /** Pods that are heard. */
  get pods(): number {
    return this.#heard.size;
  }

  /** Slots that can be handed out. */
  get freeSlots(): number {
    return this.#freeSlots;
  }

  /** Slots that pods say are taken. */
  get takenSlots(): number {
    return this.#takenSlots;
  }

  /** Hand-outs that count and are not confirmed. */
  get outstanding(): number {
    return this.#handOuts.outstanding;
  }

  /**
   * A pod says how it is.
   * @returns whether it tells of an upgrade that was not handed out here, and for the first time: it has one more since
   * its last word
   */
  report(stream: Stream, endpoint: string, report: Report, nowMs: number): { foreign: boolean } {
    const pod = this.#pods.get(endpoint) ?? newPod(endpoint);
    const isNew = pod.stream === undefined;
    const hasMore = pod.stream !== stream || report.taken > pod.taken;
    // The rest of a pod's former stream may arrive after the first line of its new one.
    if (pod.stream === undefined || stream.number >= pod.stream.number) {
      if (isNew) this.#pods.set(endpoint, pod);
      this.#takenSlots += report.taken - (isNew ? 0 : pod.taken);
      pod.stream = stream;
      pod.heardMs = nowMs;
      pod.limit = report.limit;
      pod.taken = report.taken;
      pod.draining = report.draining;
      if (!isNew) this.#heard.remove(pod);
      this.#heard.append(pod);
      this.#update(pod);
      if (isNew) this.#events.heard(endpoint, pod.limit);
    }
    return { foreign: report.opened !== undefined && !this.#handOuts.settle(report.opened) && hasMore };
  }

  /** A stream is over, and with it what it said. */
  ended(stream: Stream, endpoint: string): void {
    const pod = this.#pods.get(endpoint);
    if (pod?.stream === stream) this.#leave(pod, 'ended');
  }

  /** Sorts out silent pods and hand-outs whose time is over. */
  expire(nowMs: number): void {
    this.#handOuts.expire(nowMs);
    for (const pod of this.#heard) {
      if (nowMs - pod.heardMs < SILENT_MS) break;
      this.#leave(pod, 'silent');
    }
  }

  /**
   * Hands out a slot of the first pod it returns; the others, up to `most` in all, have a free slot too.
   * @param random numbers from 0 up to 1
   */
  handOut(requestId: string, most: number, random: () => number, nowMs: number): string[] {
    const pods = this.#free.choose(most, random);
    const [first] = pods;
    if (first) {
      first.handedOut++;
      this.#handOuts.add(requestId, first, nowMs);
      this.#update(first);
    }
    return pods.map(({ endpoint }) => endpoint);
  }

  /** Age of the pods' last word, in milliseconds, the oldest first. */
  *ages(nowMs: number): Generator<{ endpoint: string; ageMs: number }> {
    for (const { endpoint, heardMs } of this.#heard) yield { endpoint, ageMs: nowMs - heardMs };
  }

  #leave(pod: Pod, why: Gone): void {
    this.#takenSlots -= pod.taken;
    pod.stream = undefined;
    this.#heard.remove(pod);
    this.#update(pod);
    this.#forget(pod);
    this.#events.gone(pod.endpoint, why);
  }

  #update(pod: Pod): void {
    const offered = pod.stream !== undefined && !pod.draining;
    const free = offered ? Math.max(0, pod.limit - pod.taken - pod.handedOut) : 0;
    this.#freeSlots += free - pod.free;
    pod.free = free;
    this.#free.rank(pod, free);
  }

  #forget(pod: Pod): void {
    if (pod.stream === undefined && pod.handedOut === 0) this.#pods.delete(pod.endpoint);
  }
}

function newPod(endpoint: string): Pod {
  return {
    endpoint,
    stream: undefined,
    heardMs: 0,
    limit: 0,
    taken: 0,
    draining: false,
    handedOut: 0,
    free: 0,
    rank: 0,
    place: 0,
    before: undefined,
    after: undefined,
  };
}
