/** A hand-out that no pod has confirmed counts as a slot taken for so long. */
const COUNTED_MS = 2000;

/** Its request is remembered for so long: what is confirmed late is still ours. */
const REMEMBERED_MS = 5000;

interface HandOut<Pod> {
  readonly requestId: string;
  readonly pod: Pod;
  readonly atMs: number;
  counted: boolean;
}

/** Slots that edges were sent to, and whose pods have not said yet that they are taken. */
export class HandOuts<Pod> {
  readonly #ended: (pod: Pod) => void;
  readonly #byRequest = new Map<string, HandOut<Pod>>();
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

  /** Counts one. Of two of one request both count, and only the later can be settled. */
  add(requestId: string, pod: Pod, nowMs: number): void {
    const handOut = { requestId, pod, atMs: nowMs, counted: true };
    this.#queue.push(handOut);
    this.#outstanding++;
    this.#byRequest.set(requestId, handOut);
  }

  /**
   * The request has taken a slot, wherever.
   * @returns whether it was handed out here
   */
  settle(requestId: string): boolean {
    const handOut = this.#byRequest.get(requestId);
    if (!handOut) return false;
    this.#byRequest.delete(requestId);
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
      if (this.#byRequest.get(next.requestId) === next) this.#byRequest.delete(next.requestId);
      next = this.#queue[++this.#forgotten];
    }
    if (this.#forgotten > 1000 && this.#forgotten * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#forgotten);
      this.#passed -= this.#forgotten;
      this.#forgotten = 0;
    }
  }

  #end(handOut: HandOut<Pod>): void {
    if (!handOut.counted) return;
    handOut.counted = false;
    this.#outstanding--;
    this.#ended(handOut.pod);
  }
}
