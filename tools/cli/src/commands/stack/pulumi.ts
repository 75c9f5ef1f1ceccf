import { spawn } from 'node:child_process';
import { grpcStaysHere } from '@envoy-poc/proxy/grpc';
import { waitFor } from './wait-for.ts';

/** How a run of Pulumi ended. */
export interface PulumiResult {
  /** Exit code; undefined when there is no `pulumi` on PATH, or when a signal ended it. */
  code: number | undefined;
  /** The signal that ended it. */
  signal?: NodeJS.Signals;
  /** What it wrote, to stdout and stderr together. */
  output: string;
}

export interface PulumiOptions {
  cwd: string;
  /** Whether what it writes is also shown as it comes. */
  show: boolean;
  /** More environment variables. */
  env?: NodeJS.ProcessEnv;
}

/** A run of Pulumi that must succeed; with `events`, what its engine says is kept too. */
export type MustPulumi = (
  words: readonly string[],
  options: { readonly show: boolean; readonly events?: boolean },
) => Promise<{ readonly output: string; readonly log: string }>;

/** Runs `pulumi`. */
export async function pulumi(
  words: readonly string[],
  { cwd, show, env }: PulumiOptions,
): Promise<PulumiResult> {
  const child = spawn('pulumi', [...words, '--non-interactive'], {
    cwd,
    env: { ...grpcStaysHere, ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const pairs = [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const;
  for (const [from, to] of pairs) {
    from.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (show) to.write(text);
    });
  }
  try {
    const { code, signal } = await waitFor(child);
    return signal === null ? { code: code ?? 1, output } : { code: undefined, signal, output };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { code: undefined, output };
    throw error;
  }
}
