import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { on } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { answers, Child, type Reaper } from '@envoy-poc/cli/start';

/** One measurement. */
export interface Load {
  connections: number;
  /** Of the payload of a message. */
  bytes: number;
  /** Over all connections; 0: each sends the next message when the last has come back. */
  perSecond: number;
  seconds: number;
  /** Processes whose CPU time is measured. */
  pids?: readonly number[];
}

/** What it came to, as load/clients.go counts it. */
export interface Measured {
  messages: number;
  seconds: number;
  /** Of `pids`. */
  cpuSeconds: number;
  /** Round trips, in milliseconds. */
  p50: number;
  p99: number;
  p999: number;
  /** Messages not sent, as the last of their connection was not back. */
  skipped: number;
}

/**
 * Builds the program that sends and echoes.
 * @returns its path, or undefined where there is no Go
 */
export async function buildLoad(folder: string): Promise<string | undefined> {
  const program = join(folder, 'load');
  if (existsSync(program)) return program;
  try {
    await promisify(execFile)('go', ['build', '-o', program, '.'], {
      cwd: join(import.meta.dirname, 'load'),
    });
    return program;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    console.error(
      'bench: SKIPPED: the load is a Go program, and go is not on PATH; install Go 1.22 or newer',
    );
    return undefined;
  }
}

/** Starts a server that sends each message back. */
export async function startEcho(program: string, address: string, reaper: Reaper): Promise<Child> {
  const child = new Child({ name: `echo ${address}`, program, args: ['echo', address], reaper });
  await child.until(() => answers(`http://${address}/healthz`), 20);
  return child;
}

/** A process of the load program that takes one request after the other, each a line of JSON, and keeps its connections. */
export class Clients<Request, Result> implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string[]>;
  readonly #ended: Promise<string>;
  readonly #reaper: Reaper;

  constructor(program: string, args: readonly string[], reaper: Reaper) {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.#process = child;
    this.#reaper = reaper;
    if (child.pid !== undefined) reaper.watch(child.pid);
    let said = '';
    child.stderr.on('data', (data) => {
      said += data;
    });
    this.#ended = new Promise((resolve) => child.once('close', () => resolve(said.trim() || 'ended')));
    this.#lines = on(createInterface({ input: child.stdout }), 'line');
  }

  /** @throws {Error} when it cannot be measured, as when a message does not come back as it was */
  async measure(request: Request): Promise<Result> {
    this.#process.stdin?.write(`${JSON.stringify(request)}\n`);
    const answer = await Promise.race([this.#lines.next(), this.#ended]);
    if (typeof answer === 'string') throw new Error(answer);
    return JSON.parse(answer.value[0] ?? '') as Result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin?.end();
    await this.#ended;
    if (this.#process.pid !== undefined) this.#reaper.forget(this.#process.pid);
  }
}
