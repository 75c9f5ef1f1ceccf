import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Numbers from 0 up to 1, the same ones for the same seed. */
export function randomOf(seed: number): () => number {
  const generator = xoroshiro128plus(seed);
  return () => uniformFloat64(generator);
}

/** Time to the next event of a Poisson process, in seconds. */
export function exponential(random: () => number, perSecond: number): number {
  return -Math.log(1 - random()) / perSecond;
}

/** The same in random order. */
export function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const all = [...values];
  for (let left = all.length - 1; left > 0; left--) {
    const other = Math.floor(random() * (left + 1));
    [all[left], all[other]] = [all[other] as T, all[left] as T];
  }
  return all;
}
