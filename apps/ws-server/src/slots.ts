import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';

/**
 * Counts the connections of a pod against its limit. Emits `change` when a slot has been taken, with the id of the
 * request that took it, and when one has become free.
 */
export class Slots extends EventEmitter<{ change: [opened?: string] }> {
  readonly limit: number;
  #taken = 0;
  #highWater = 0;

  constructor(limit: number) {
    super();
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
  takeUntilClose(socket: Duplex, requestId?: string): void {
    this.#taken++;
    this.#highWater = Math.max(this.#highWater, this.#taken);
    this.emit('change', requestId);
    socket.on('close', () => {
      this.#taken--;
      this.emit('change');
    });
  }
}
