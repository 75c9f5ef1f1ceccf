import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { verify } from '../cli.ts';

/** Runs the command line in this process. */
export async function runVerify(argv: readonly string[], root: string, env: NodeJS.ProcessEnv = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const { signal } = new AbortController();
  const code = await verify(argv, { root, env, signal, stdout, stderr });
  return { code, stdout: await text(stdout.end()), stderr: await text(stderr.end()) };
}
