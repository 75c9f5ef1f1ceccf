import { type Layer, layers } from '@envoy-poc/layers';
import type { ProjectGraph } from 'nx/src/devkit-exports.js';
import { type Verb, verbs } from '../verbs.ts';
import { nxFolder } from './argv.ts';
import type { NxCommand } from './command.ts';
import { verbsOf } from './refuse.ts';

/** What a run does to a layer. */
export interface Reached {
  layer: Layer;
  verb: Verb;
}

/**
 * What a run does to which layers, with all that it depends on, each layer after those it reads. For `nx affected`, which asks Git: what it may do at most.
 * Where it cannot be told which layer is meant, it is all of them.
 */
export async function reachOf(command: NxCommand, graph: ProjectGraph): Promise<Reached[]> {
  const { createTaskGraph } = await import('nx/src/tasks-runner/create-task-graph.js');
  const selected = command.name === 'run' ? await one(command, graph) : await many(command, graph);
  if (selected === undefined)
    return layers.flatMap((layer) => verbsOf(command).map((verb) => ({ layer, verb })));
  const { projects, targets } = selected;
  const alone = command.own.excludeTaskDependencies === true;
  const { tasks } = createTaskGraph(graph, {}, projects, targets, undefined, {}, alone);
  const found = Object.values(tasks).map(({ target }) => target);
  return layers.flatMap((layer) => {
    const ofLayer = new Set(found.filter(({ project }) => project === layer).map(({ target }) => target));
    return verbs.filter((verb) => ofLayer.has(verb)).map((verb) => ({ layer, verb }));
  });
}

interface Selected {
  projects: string[];
  targets: string[];
}

async function one(
  { specifier, project, own }: NxCommand,
  graph: ProjectGraph,
): Promise<Selected | undefined> {
  const { parseRunOneOptions } = await import('nx/src/command-line/run/run-one.js');
  const words = { 'project:target:configuration': specifier, ...own, ...(project && { project }) };
  try {
    const found = parseRunOneOptions(nxFolder(), words, graph, {});
    return graph.nodes[found.project]?.data.targets?.[found.target]
      ? { projects: [found.project], targets: [found.target] }
      : undefined;
  } catch {
    return undefined;
  }
}

async function many({ name, own }: NxCommand, graph: ProjectGraph): Promise<Selected> {
  const { projectsToRun } = await import('nx/src/command-line/run-many/run-many.js');
  const list = (value: unknown) => (value === undefined ? [] : [value].flat().join(',').split(','));
  const targets = list(own.targets);
  const projects = name === 'affected' ? [] : list(own.projects);
  const chosen = projectsToRun({ all: true, projects, targets, exclude: list(own.exclude) }, graph);
  return { projects: chosen.map((node) => node.name), targets };
}
