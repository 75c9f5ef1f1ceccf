import { join } from 'node:path';
import { CheckError } from '#runtime/errors';
import { readRunLogs } from '../../start/run-logs.ts';
import type { Log, Told, Writer } from '../records.ts';

const writers: readonly (readonly [prefix: string, Writer])[] = [
  ['edge-', 'edge'],
  ['picker-', 'picker'],
  ['pod-', 'server'],
  ['client-', 'client'],
];

/**
 * What the processes of `npm start` said, in the run that goes on or in the last one.
 *
 * @throws {CheckError} when there was none
 */
export async function localLogs(root: string, env: NodeJS.ProcessEnv): Promise<Told> {
  const folder = join(root, '.local', env.LOCAL_NETWORK ?? '', 'logs');
  const told = await logsIn(folder);
  if (told) return told;
  throw new CheckError(
    `there was no local run: ${folder} has no logs`,
    'npm start, or name a deployed stack with --stack',
  );
}

/** What is kept in the folder of a run's logs; undefined: nothing. */
export async function logsIn(folder: string): Promise<Told | undefined> {
  const kept = await readRunLogs(folder);
  if (!kept) return undefined;
  const logs = [...kept.lines].flatMap(([name, lines]): Log[] => {
    const writer = writers.find(([prefix]) => name.startsWith(prefix))?.[1];
    return writer === undefined ? [] : [{ writer, name, lines }];
  });
  return { logs, limits: kept.limits, nameOf: (address) => kept.names[address] ?? address };
}
