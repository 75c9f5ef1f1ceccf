import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Counts the system calls of processes while something happens, by name. Slows them down. */
export async function countSystemCalls(
  pids: readonly number[],
  folder: string,
  happen: () => Promise<void>,
): Promise<Record<string, number>> {
  const file = join(folder, 'system-calls');
  const attach = pids.flatMap((pid) => ['-p', String(pid)]);
  const strace = spawn('strace', ['-f', '-c', '-o', file, ...attach], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(strace, 'close');
  // It says so when it has attached to each; threads follow at once.
  await Promise.race([once(strace.stderr, 'data'), ended]);
  await sleep(500);
  try {
    await happen();
  } finally {
    strace.kill('SIGINT');
    await ended;
  }
  // % time, seconds, usecs/call, calls, errors (may be empty), name
  const rows = readFileSync(file, 'utf8').matchAll(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$/gm);
  return Object.fromEntries(
    [...rows].filter(([, , name]) => name !== 'total').map(([, calls, name]) => [name, Number(calls)]),
  );
}
