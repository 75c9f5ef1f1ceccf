import { type ChildProcessByStdio, execSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type Logger, pino } from 'pino';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

/** One line of a service's log. */
export type LogLine = Record<string, unknown> & { event: string };

/** A logger of all levels, and what was logged so far. */
export function memoryLog(): { logger: Logger; logged(event: string): LogLine[] } {
  const lines: LogLine[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  return { logger, logged: (event) => lines.filter((line) => line.event === event) };
}

const realSetTimeout = setTimeout;

/** Waits until `condition` holds, also while timers are faked; fails by name after half a minute. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within 30 s: ${what}`);
    await new Promise((resolve) => realSetTimeout(resolve, 2));
  }
}

/** A service that runs as a process of its own. */
export interface ServiceProcess {
  child: ChildProcessByStdio<null, Readable, Readable>;
  /** Exit code and signal. */
  exited: Promise<unknown[]>;
  lines: Interface;
}

/**
 * The built service of a project, given by its folder: starts it with nothing but `env` in its environment. Called at the
 * top of a test file; a process ends with its test.
 */
export function builtService(project: string): {
  script: string;
  run(env: Record<string, string>): ServiceProcess;
} {
  const folder = mkdtempSync(join(tmpdir(), 'service-'));
  const script = join(folder, 'main.cjs');
  beforeAll(() => {
    const { nx } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
    execSync(nx.targets.build.command.replace('dist/', `${folder}/`), { cwd: project });
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  return {
    script,
    run(env) {
      const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      return { child, exited: once(child, 'exit'), lines: createInterface(child.stdout) };
    },
  };
}

/** The next line of a log, parsed. */
export async function nextLine({ lines }: ServiceProcess): Promise<LogLine> {
  const [line] = await once(lines, 'line');
  return JSON.parse(line);
}
