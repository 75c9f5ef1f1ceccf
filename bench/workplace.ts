import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Reaper, startReaper } from '@envoy-poc/cli/start';

/** What a measurement works with. */
export interface Workplace extends Disposable {
  /** A temporary folder, which goes when this process ends, also by a signal. */
  folder: string;
  /** Ends child processes when this process ends, however it ends. */
  reaper: Reaper;
}

/** @param name of what is measured, for the folder */
export async function workplace(name: string): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const reaper = startReaper([]);
  return { folder, reaper, [Symbol.dispose]: () => reaper.release() };
}

/** Processors of this machine, for readers of results. */
export const machine = `${cpus().length} × ${cpus()[0]?.model}`;
