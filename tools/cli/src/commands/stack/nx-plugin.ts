import { join } from 'node:path';
import { type CreateNodes, readCachedProjectGraph } from 'nx/src/devkit-exports.js';
import type {
  PostTasksExecutionContext,
  PreTasksExecutionContext,
} from 'nx/src/project-graph/plugins/index.js';
import { nxArgv, nxTerminal } from './nx/argv.ts';
import { ask } from './nx/ask.ts';
import { checkWords, questionOf } from './nx/check-reach.ts';
import { readNxCommand } from './nx/command.ts';
import { reachOf } from './nx/reach.ts';
import { checkArrival, verbsOf } from './nx/refuse.ts';
import { summarize } from './nx/summary.ts';
import { statePlaceLines } from './state-lines.ts';

export const name = 'stack';

/**
 * Makes no nodes: Nx calls this whenever it reads the workspace, before it runs tasks and before it only draws them
 * (`--graph`), and so it is where words are refused that would not reach their tasks.
 */
export const createNodes: CreateNodes = [
  'nx.json',
  () => {
    const command = readNxCommand(nxArgv() ?? []);
    if (command) checkArrival(command);
    return [];
  },
];

/** Nx calls this before it starts any task. */
export async function preTasksExecution(
  _: unknown,
  { argv, workspaceRoot }: PreTasksExecutionContext,
): Promise<void> {
  const command = readNxCommand(argv.slice(2));
  if (!command || verbsOf(command).length === 0) return;
  checkArrival(command);
  const reached = await reachOf(command, readCachedProjectGraph());
  checkWords(command, reached, process.env);
  const folders = reached.map(({ layer }) => ({ folder: join(workspaceRoot, 'projects', layer) }));
  // Nx hides what a task prints that succeeds.
  for (const line of statePlaceLines(folders, process.env)) console.error(line);
  const question = questionOf(command, reached, process.env);
  if (question !== undefined) await ask(question, nxTerminal());
}

/** Nx calls this when all tasks of a run are over. */
export async function postTasksExecution(_: unknown, context: PostTasksExecutionContext): Promise<void> {
  await summarize(context);
}
