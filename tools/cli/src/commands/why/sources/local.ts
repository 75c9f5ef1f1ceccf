import { join } from 'node:path';
import { CheckError } from '#runtime/errors';
import { readRunLogs } from '../../start/run-logs.ts';
import { EdgeLimits } from '../edge-limits.ts';
import type { Log, Told, Writer } from '../records.ts';

const writers: readonly (readonly [prefix: string, Writer])[] = [
  ['edge-', 'edge'],
  ['picker-', 'picker'],
  ['pod-', 'server'],
  ['client-', 'client'],
];

/** Who a process of a run is, by its name, such as `edge-1`; undefined: nobody whose log explains anything. */
export function writerOf(process: string): Writer | undefined {
  return writers.find(([prefix]) => process.startsWith(prefix))?.[1];
}

/**
 * What the processes of `npm start` said, in the run that goes on or in the last one.
 *
 * @throws {CheckError} when there was none
 */
export async function localLogs(root: string, env: NodeJS.ProcessEnv): Promise<Told> {
  const folder = join(root, '.local', env.LOCAL_NETWORK ?? '', 'logs');
  const kept = await readRunLogs(folder);
  if (!kept) {
    throw new CheckError(
      `there was no local run: ${folder} has no logs`,
      'npm start, or name a deployed stack with --stack',
    );
  }
  const logs = [...kept.lines].flatMap(([name, lines]): Log[] => {
    const writer = writerOf(name);
    return writer === undefined ? [] : [{ writer, name, lines }];
  });
  const limits = new EdgeLimits(kept.edges);
  return {
    logs,
    limitsOf: (edge, atMs) => limits.at(edge, atMs),
    nameOf: (address) => kept.names[address] ?? address,
  };
}
