import type { Checks } from './setting.ts';

/** How often Envoy chooses again when it has chosen a pod tried before (`host_selection_retry_max_attempts`). */
const RESELECTIONS = 8;

/** `overprovisioning_factor` of libs/edge: from one free pod in so many on, full ones are left alone. */
const OVERPROVISIONING = 1000;

/** What one edge believes of the pods, and whom it tries next. */
export class Edge {
  /** Places in the edge's list of the pods that it takes for free, in their order; the others are full to it. */
  readonly #free: number[];
  /** The edge's list of pods, and where each pod is in it. */
  readonly #list: number[];
  readonly #placeInList: Uint32Array;
  readonly #believedFull: Uint8Array;
  readonly #sortedOut: boolean;
  readonly #random: () => number;
  /** Place of each worker in both lists: Envoy counts on, whatever becomes of the list. */
  readonly #places: { free: number; full: number }[];

  /** @param list all pods, in the order in which it knows them */
  constructor(list: number[], workers: number, checks: Checks | undefined, random: () => number) {
    this.#list = list;
    this.#placeInList = new Uint32Array(list.length);
    for (const [place, pod] of list.entries()) this.#placeInList[pod] = place;
    this.#free = [...list.keys()];
    this.#believedFull = new Uint8Array(list.length);
    this.#sortedOut = checks?.full === 'unhealthy';
    this.#random = random;
    const somewhere = () => Math.floor(random() * 2 ** 32);
    this.#places = Array.from({ length: workers }, () => ({ free: somewhere(), full: somewhere() }));
  }

  believesFull(pod: number): boolean {
    return this.#believedFull[pod] === 1;
  }

  /** A check has an answer. */
  learn(pod: number, full: boolean): void {
    if (this.believesFull(pod) === full) return;
    this.#believedFull[pod] = full ? 1 : 0;
    const place = this.#placeInList[pod] as number;
    if (full) this.#free.splice(indexOf(this.#free, place), 1);
    else this.#free.splice(indexOf(this.#free, place), 0, place);
  }

  /** The pod to try next, in turn: one not tried yet, unless none turns up; undefined: there is nobody to ask. */
  choose(worker: number, tried: ReadonlySet<number>): number | undefined {
    let pod: number | undefined;
    for (let attempt = 0; attempt <= RESELECTIONS; attempt++) {
      pod = this.#next(worker);
      if (pod === undefined || !tried.has(pod)) break;
    }
    return pod;
  }

  #next(worker: number): number | undefined {
    const places = this.#places[worker] as { free: number; full: number };
    const [free, all] = [this.#free, this.#list.length];
    const toFree =
      this.#sortedOut || free.length === all ? 1 : Math.min(1, (OVERPROVISIONING * free.length) / all);
    // In the usual case without a draw.
    if (toFree < 1 && this.#random() >= toFree) return this.#nthFull(places.full++ % (all - free.length));
    const place = free[places.free++ % free.length];
    return place === undefined ? undefined : this.#list[place];
  }

  /** Looked for when needed, which is seldom: a list of nearly all pods would be costly to keep. */
  #nthFull(n: number): number | undefined {
    let left = n;
    return this.#list.find((pod) => this.believesFull(pod) && left-- === 0);
  }
}

/** Where a number is in a sorted list, or belongs. */
function indexOf(sorted: readonly number[], value: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle] as number) < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
