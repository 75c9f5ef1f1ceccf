import { spawn } from 'node:child_process';
import { grpcStaysHere } from '@envoy-poc/proxy/grpc';

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

/** Runs `pulumi`. An interrupt reaches it by the terminal; this waits until it has ended in its own way. */
export function pulumi(words: readonly string[], { cwd, show, env }: PulumiOptions): Promise<PulumiResult> {
  return new Promise((resolve, reject) => {
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
    const pass = (signal: NodeJS.Signals) => child.kill(signal);
    const wait = () => {};
    process.on('SIGINT', wait);
    process.on('SIGTERM', pass);
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve({ code: undefined, output });
      else reject(error);
    });
    child.once('close', (code, signal) => {
      process.off('SIGINT', wait);
      process.off('SIGTERM', pass);
      resolve(signal === null ? { code: code ?? 1, output } : { code: undefined, signal, output });
    });
  });
}
