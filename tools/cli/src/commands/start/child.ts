import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChildError } from './errors.ts';
import type { Reaper } from './reaper.ts';

export interface ChildOptions {
  name: string;
  program: string;
  args: readonly string[];
  env?: Record<string, string>;
  /** Told every line the child writes, from stdout and stderr alike. */
  onLine?: (line: string) => void;
  /** Ends the child should this process end without doing so. */
  reaper?: Reaper;
  /** Told when it ends and nobody here has ended it. */
  onDeath?: (error: ChildError) => void;
}

/** Lines kept to explain a death. */
const KEPT_LINES = 12;

/** A process of ours, in a process group of its own, so that Ctrl-C reaches only this tool. */
export class Child {
  readonly name: string;
  /** Settles when the process has ended: how, in words. */
  readonly ended: Promise<string>;
  readonly #process: ChildProcess;
  readonly #lastLines: string[] = [];
  #endedAs: string | undefined;
  #toEnd = false;
  #paused = false;

  constructor(options: ChildOptions) {
    this.name = options.name;
    this.#process = spawn(options.program, options.args, {
      env: { PATH: process.env.PATH, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const { pid } = this.#process;
    if (pid !== undefined) options.reaper?.watch(pid);
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        this.#lastLines.push(line);
        if (this.#lastLines.length > KEPT_LINES) this.#lastLines.shift();
        options.onLine?.(line);
      });
    }
    this.ended = new Promise((resolve) => {
      const end = (how: string) => {
        this.#endedAs = how;
        if (pid !== undefined) options.reaper?.forget(pid);
        resolve(how);
        if (!this.#toEnd) options.onDeath?.(this.death(how));
      };
      this.#process.once('error', (error) => end(`could not be started: ${error.message}`));
      // After `close`, not `exit`: by then its last lines have been read.
      this.#process.once('close', (code, signal) =>
        end(signal ? `was killed by ${signal}` : `exited with ${code}`),
      );
    });
  }

  /** Process id; 0 when it could not be started. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get running(): boolean {
    return this.#endedAs === undefined;
  }

  /** Whether it runs and is held up. */
  get paused(): boolean {
    return this.running && this.#paused;
  }

  /** An error that names this child, how it ended and its last lines. */
  death(how: string): ChildError {
    const lines = this.#lastLines.map((line) => `    ${line}`).join('\n');
    return new ChildError(
      `${this.name} (pid ${this.pid}) ${how}${lines ? `; its last lines:\n${lines}` : ''}`,
    );
  }

  /**
   * Waits until `ready` answers true.
   * @throws {ChildError} at once when the child ends, or after `seconds`.
   */
  async until(ready: () => Promise<boolean>, seconds: number): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      if (this.#endedAs !== undefined) throw this.death(this.#endedAs);
      // A question that is never answered must not outlast the deadline.
      const late = sleep(Math.max(0, deadline - Date.now()), false, { ref: false });
      if (await Promise.race([ready().catch(() => false), late])) return;
      if (Date.now() > deadline) throw this.death(`was not ready after ${seconds} s`);
      await Promise.race([sleep(50), this.ended]);
    }
  }

  /** Sends a signal: SIGSTOP holds it up, SIGCONT lets it go on, any other is to end it. */
  kill(signal: NodeJS.Signals): void {
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') this.#paused = signal === 'SIGSTOP';
    else this.#toEnd = true;
    if (this.running) this.#process.kill(signal);
  }

  /** SIGTERM, then SIGKILL when `graceSeconds` are over. */
  async stop(graceSeconds: number): Promise<void> {
    this.kill('SIGTERM');
    // One that is held up would not notice.
    this.kill('SIGCONT');
    const timer = setTimeout(() => this.kill('SIGKILL'), graceSeconds * 1000);
    await this.ended;
    clearTimeout(timer);
  }
}

/** Whether a GET answers 200. */
export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
  await response.arrayBuffer();
  return response.status === 200;
}
