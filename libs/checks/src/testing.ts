import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Surroundings } from './command.ts';

/** Surroundings that keep what is printed, for tests. */
export function recordedSurroundings(
  root: string,
  { env = {}, signal = new AbortController().signal }: Partial<Surroundings> = {},
) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  return {
    surroundings: { root, env, signal, stdout, stderr },
    /** What was printed; nothing more is after that. */
    printed: async () => ({ stdout: await text(stdout.end()), stderr: await text(stderr.end()) }),
  };
}
