import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/** Nx runs a plugin in a process of its own, whose parent is the Nx that somebody called. */
function isWorker(): boolean {
  return Reflect.get(globalThis, 'NX_PLUGIN_WORKER') === true;
}

/** The command line of the Nx that somebody called, without program and script; undefined where it cannot be known. */
export function nxArgv(): string[] | undefined {
  if (!isWorker()) return process.argv.slice(2);
  const words = argvOf(process.ppid);
  const script = words.findIndex((word) => /(^|[\\/])nx(\.js)?$/.test(word));
  // The parent is a daemon when there is one: then nobody's command line is at hand.
  return script < 0 ? undefined : words.slice(script + 1);
}

function argvOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return run('ps', ['-ww', '-o', 'args=', '-p', String(pid)]).split(/\s+/);
  }
}

/** The path of the terminal that Nx reads from; undefined where it reads from something else. */
export function nxTerminal(): string | undefined {
  const pid = isWorker() ? process.ppid : process.pid;
  const path = linkOf(`/proc/${pid}/fd/0`) ?? openedAs(pid, '0') ?? '';
  return /^\/dev\/(pts\/\d+|tty[^/]*)$/.test(path) ? path : undefined;
}

/** The folder in which Nx was called, which may say what project is meant; a plugin's own process is in the root. */
export function nxFolder(): string {
  if (!isWorker()) return process.cwd();
  return linkOf(`/proc/${process.ppid}/cwd`) ?? openedAs(process.ppid, 'cwd') ?? process.cwd();
}

function linkOf(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}

/** What a process has as its standard input (`0`) or folder (`cwd`), where there is no `/proc`. */
function openedAs(pid: number, as: string): string | undefined {
  return /^n(.+)$/m.exec(run('lsof', ['-a', '-p', String(pid), '-d', as, '-Fn']))?.[1];
}

function run(command: string, words: string[]): string {
  try {
    return execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
