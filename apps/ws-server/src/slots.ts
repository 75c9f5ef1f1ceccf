import type { Duplex } from 'node:stream';

/** Counts the connections of a pod against its limit. */
export class Slots {
  readonly limit: number;
  #taken = 0;
  #highWater = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Most slots taken at once so far. */
  get highWater(): number {
    return this.#highWater;
  }

  get full(): boolean {
    return this.#taken >= this.limit;
  }

  /** Takes a slot until `socket` closes: every way a connection can end ends with that one event. */
  takeUntilClose(socket: Duplex): void {
    this.#taken++;
    this.#highWater = Math.max(this.#highWater, this.#taken);
    socket.once('close', () => {
      this.#taken--;
    });
  }
}
