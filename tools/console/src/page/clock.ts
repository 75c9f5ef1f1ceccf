/** A clock of the run: which time it showed in epoch milliseconds, when that was by `performance.now()`, and how fast it runs. */
export interface Clock {
  atMs: number;
  setAtMs: number;
  /** 1 as fast as time, 0 not at all. */
  speed: number;
}

/** A clock that shows this time now. */
export function clockAt(atMs: number, speed = 1): Clock {
  return { atMs, setAtMs: performance.now(), speed };
}

/** What a clock shows, in epoch milliseconds. */
export function nowMs({ atMs, setAtMs, speed }: Clock): number {
  return atMs + (performance.now() - setAtMs) * speed;
}
