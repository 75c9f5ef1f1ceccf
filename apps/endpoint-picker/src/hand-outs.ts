import { type Linked, LinkedList } from './linked-list.ts';

/** A hand-out that no pod has confirmed counts as a slot taken for so long. */
const COUNTED_MS = 2000;

/** Its request is remembered for so long: what is confirmed late is still ours. */
const REMEMBERED_MS = 5000;

interface HandOut<Pod> extends Linked<HandOut<Pod>> {
  readonly requestId: string;
  readonly pod: Pod;
  readonly atMs: number;
  counted: boolean;
  /** In the list of its request. */
  known: boolean;
}

/** Slots that edges were sent to, and whose pods have not said yet that they are taken. */
export class HandOuts<Pod> {
  readonly #ended: (pod: Pod) => void;
  /** Clients may name their requests alike: the oldest is the first. */
  readonly #byRequest = new Map<string, LinkedList<HandOut<Pod>>>();
  /** In order of time: up to `#forgotten` all are forgotten, up to `#passed` none is counted. */
  #queue: HandOut<Pod>[] = [];
  #forgotten = 0;
  #passed = 0;
  #outstanding = 0;

  /** @param ended a hand-out of the pod counts no more */
  constructor(ended: (pod: Pod) => void) {
    this.#ended = ended;
  }

  /** Hand-outs that count as slots taken. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** Counts one. */
  add(requestId: string, pod: Pod, nowMs: number): void {
    const handOut = {
      requestId,
      pod,
      atMs: nowMs,
      counted: true,
      known: true,
      before: undefined,
      after: undefined,
    };
    this.#queue.push(handOut);
    this.#outstanding++;
    const ofRequest = this.#byRequest.get(requestId) ?? new LinkedList();
    ofRequest.append(handOut);
    this.#byRequest.set(requestId, ofRequest);
  }

  /**
   * The request has taken a slot, wherever.
   * @returns whether it was handed out here
   */
  settle(requestId: string): boolean {
    const [handOut] = this.#byRequest.get(requestId) ?? [];
    if (!handOut) return false;
    this.#forget(handOut);
    this.#end(handOut);
    return true;
  }

  /** Ends those whose time is over. */
  expire(nowMs: number): void {
    for (let next = this.#queue[this.#passed]; next && nowMs - next.atMs >= COUNTED_MS; ) {
      this.#end(next);
      next = this.#queue[++this.#passed];
    }
    for (let next = this.#queue[this.#forgotten]; next && nowMs - next.atMs >= REMEMBERED_MS; ) {
      if (next.known) this.#forget(next);
      next = this.#queue[++this.#forgotten];
    }
    if (this.#forgotten > 1000 && this.#forgotten * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#forgotten);
      this.#passed -= this.#forgotten;
      this.#forgotten = 0;
    }
  }

  #forget(handOut: HandOut<Pod>): void {
    handOut.known = false;
    const ofRequest = this.#byRequest.get(handOut.requestId);
    ofRequest?.remove(handOut);
    if (ofRequest?.size === 0) this.#byRequest.delete(handOut.requestId);
  }

  #end(handOut: HandOut<Pod>): void {
    if (!handOut.counted) return;
    handOut.counted = false;
    this.#outstanding--;
    this.#ended(handOut.pod);
  }
}
