/** What happens at a time of each of some things. */
type Happening<T> = readonly [
  things: readonly T[],
  at: (thing: T) => number,
  act: (thing: T, now: number) => void,
];

/** Lets all happen in the order of their times; at one moment, what is listed first comes first. */
export function inOrder<T>(happenings: readonly Happening<T>[]): void {
  const queues = happenings.map(([things, at, act]) => {
    const times = Float64Array.from(things, at);
    const order = Uint32Array.from(things, (_, n) => n).sort(
      (a, b) => (times[a] as number) - (times[b] as number) || a - b,
    );
    return { things, act, times, order, next: 0 };
  });
  for (;;) {
    let first: (typeof queues)[number] | undefined;
    let now = Number.POSITIVE_INFINITY;
    for (const queue of queues) {
      const at = queue.times[queue.order[queue.next] as number];
      if (at !== undefined && at < now) {
        first = queue;
        now = at;
      }
    }
    // What never ends is left.
    if (!first) return;
    first.act(first.things[first.order[first.next++] as number] as T, now);
  }
}
