import { join } from 'node:path';
import type { Task } from 'nx/src/config/task-graph.js';
import { readCachedProjectGraph } from 'nx/src/devkit-exports.js';
import type { PostTasksExecutionContext } from 'nx/src/project-graph/plugins/index.js';
import { readCommandLine } from '../command-line.ts';
import { readRecord } from '../record.ts';
import { summaryLines, type TaskOutcome } from '../summary.ts';
import { verbs } from '../verbs.ts';

/** Tells what each layer did in a run, and what was skipped because of what. */
export async function summarize(context: PostTasksExecutionContext): Promise<void> {
  const ran = Object.values(context.taskResults);
  const verb = verbs.find((v) => v !== 'outputs' && ran.some(({ task }) => task.target.target === v));
  if (verb === undefined) return;
  const graph = readCachedProjectGraph();
  const edges = Object.values(graph.dependencies).flat();
  const needs = (project: string) => reachable(project, edges, verb === 'destroy');

  const tasks: TaskOutcome[] = [];
  for (const { task, status } of ran) {
    const { target } = task.target;
    if (target !== verb && target !== 'push') continue;
    const record = await recordOf(task, context);
    const seconds = ((task.endTime ?? 0) - (task.startTime ?? 0)) / 1000;
    const ok = status !== 'failure' && status !== 'skipped';
    tasks.push({
      id: task.id,
      status: ok ? 'success' : 'failure',
      seconds,
      because: [],
      ...(record && { record }),
    });
  }
  // Nx does not report what it never started.
  const failed = ran.filter(({ status }) => status === 'failure').map(({ task }) => task.target.project);
  for (const { name: project, data } of Object.values(graph.nodes)) {
    const id = `${project}:${verb}`;
    const because = failed.filter((other) => needs(project).has(other));
    const wanted = requested(context.argv, project, needs);
    if (!data.targets?.[verb] || context.taskResults[id] || because.length === 0 || !wanted) continue;
    tasks.push({ id, status: 'skipped', seconds: 0, because });
  }
  const seconds = (context.endTime - context.startTime) / 1000;
  console.log(`\n${verb}, ${seconds.toFixed(0)} s in all\n${summaryLines(tasks).join('\n')}\n`);
}

/** What a task wrote down of itself in this run. */
function recordOf({ target, overrides }: Task, { workspaceRoot, startTime }: PostTasksExecutionContext) {
  const verb = verbs.find((candidate) => candidate === target.target);
  if (verb === undefined) return undefined;
  const folder = join(workspaceRoot, 'projects', target.project);
  const words = (overrides.__overrides_unparsed__ ?? []) as string[];
  try {
    const { stack } = readCommandLine(verb, words, { folder, env: process.env });
    return readRecord(workspaceRoot, { stack, layer: target.project, verb }, startTime);
  } catch {
    // The task itself has said what is wrong with its words.
    return undefined;
  }
}

/** Whether a run was asked for a project: for all, or for one that needs it. */
function requested(
  argv: readonly string[],
  project: string,
  needs: (project: string) => Set<string>,
): boolean {
  if (argv.some((word) => word === 'run-many' || word === 'affected')) return true;
  const [asked] = argv.flatMap((word) => /^([\w-]+):\w+$/.exec(word)?.[1] ?? []);
  return asked === undefined || asked === project || needs(asked).has(project);
}

interface Edge {
  source: string;
  target: string;
}

/** All projects that one needs, directly or not; those that need it when `reverse`. */
function reachable(project: string, edges: readonly Edge[], reverse: boolean): Set<string> {
  const found = new Set<string>();
  const visit = (at: string) => {
    for (const { source, target } of edges) {
      const [from, to] = reverse ? [target, source] : [source, target];
      if (from !== at || found.has(to)) continue;
      found.add(to);
      visit(to);
    }
  };
  visit(project);
  return found;
}
