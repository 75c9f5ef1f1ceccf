/** The log lines of a connection are there so long after its pod tells of it, in milliseconds. */
const LATE_MS = 5000;

/** Knows how many open connections of a pod no log tells of. All times are epoch milliseconds. */
export class Untold {
  /** By how much a pod's open connections were more than those that logs told of, at the looks of the last while. */
  readonly #looks = new Map<string, { at: number; beyond: number }[]>();
  /** Until when the first looks tell; undefined: of what is seen from its start. */
  readonly #firstUntil: number | undefined;
  /** Of the first looks, by the address of the pod. */
  readonly #before = new Map<string, number>();

  /** @param ranBefore whether connections may be older than what logs tell */
  constructor(ranBefore: boolean, startedAt: number) {
    this.#firstUntil = ranBefore ? startedAt + LATE_MS : undefined;
  }

  /** A pod says how many are open, and logs tell of so many. */
  look(address: string, open: number, told: number, now: number): void {
    const beyond = Math.max(0, open - told);
    const looks = this.#looks.get(address) ?? [];
    looks.push({ at: now, beyond });
    // One that is old enough stays.
    while ((looks[1]?.at ?? now) <= now - LATE_MS) looks.shift();
    this.#looks.set(address, looks);
    if (this.#firstUntil === undefined) return;
    const known = this.#before.get(address);
    // Logs come a little late, so the first looks count for as many as there may be.
    if (now < this.#firstUntil) this.#before.set(address, Math.max(known ?? 0, beyond));
    else if (known !== undefined) this.#before.set(address, Math.min(known, open));
  }

  /** One whose opening no log told of was closed. */
  closed(address: string): void {
    const known = this.#before.get(address);
    if (known !== undefined) this.#before.set(address, Math.max(0, known - 1));
  }

  /** How many there surely are. */
  now(address: string): number {
    const looks = this.#looks.get(address) ?? [];
    const [first, last] = [looks[0], looks.at(-1)];
    if (!first || !last || last.at - first.at < LATE_MS) return 0;
    return Math.min(...looks.map(({ beyond }) => beyond));
  }

  /** How many of those that were opened before there may be at most. */
  mostBefore(address: string): number {
    return this.#before.get(address) ?? 0;
  }
}
