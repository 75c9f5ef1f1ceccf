import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ended, Operation, Rehearsal, Run } from '@envoy-poc/doubles';
import { readDocument } from '@envoy-poc/doubles';
import { type Layer, layers } from '@envoy-poc/layers';
import { needsOf, type Timeline, timelineOf } from './timeline.ts';

/** A run of one verb over all layers, and how its time went. */
export interface Observed extends Run {
  timeline: Timeline;
}

/** A stack's state as the file backend keeps it. */
interface State {
  checkpoint?: { latest?: { resources?: { urn: string; parent?: string; dependencies?: string[] }[] } };
}

/** How often a run is looked at, in milliseconds. */
const LOOK_MS = 500;

/**
 * Runs a verb over all layers of the stack `dev`.
 *
 * @param onLayer is told of each layer that is done, as it is
 */
export async function observe(
  rehearsal: Rehearsal,
  verb: 'deploy' | 'destroy',
  onLayer: (layer: Layer, ok: boolean, seconds: number) => void,
): Promise<Observed> {
  const startedAt = Date.now();
  const done = new Set<Layer>();
  const look = () => {
    for (const layer of layers) {
      const record = rehearsal.record(layer, verb);
      if (record === undefined || record.endedAt < startedAt || done.has(layer)) continue;
      done.add(layer);
      onLayer(layer, record.ok, record.seconds);
    }
  };
  const looking = setInterval(look, LOOK_MS);
  try {
    const run = await rehearsal.nx('run-many', '-t', verb, ...(verb === 'destroy' ? ['--yes'] : []));
    look();
    const timeline = timelineOf({
      ...{ verb, stack: 'dev', startedAt, endedAt: Date.now() },
      records: layers.flatMap((layer) => (done.has(layer) ? (rehearsal.record(layer, verb) ?? []) : [])),
      operations: rehearsal.journal().filter(since(startedAt)),
      needs: needsOf(verb, readsOf(rehearsal)),
      ...(verb === 'deploy' && { dependencies: dependenciesOf(rehearsal) }),
    });
    return { ...run, timeline };
  } finally {
    clearInterval(looking);
  }
}

/** What is over, and began after a moment in epoch milliseconds. */
function since(moment: number) {
  return (operation: Operation): operation is Ended =>
    operation.startedAt >= moment && operation.endedAt !== undefined;
}

/** Which layers each layer reads, as its package says. */
function readsOf({ workspace }: Rehearsal): Map<Layer, Layer[]> {
  return new Map(
    layers.map((layer) => {
      const text = readFileSync(join(workspace, 'projects', layer, 'package.json'), 'utf8');
      const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
      return [layer, layers.filter((other) => `@envoy-poc/${other}` in dependencies)];
    }),
  );
}

/** What each resource of all layers waits for, by URN. */
function dependenciesOf({ folder }: Rehearsal): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const layer of layers) {
    const state = readDocument<State>(join(folder, 'state/.pulumi/stacks', layer, 'dev.json'), {});
    // A parent stands before its children, and what it waits for, they wait for.
    const waits = new Map<string, string[]>();
    for (const { urn, parent = '', dependencies = [] } of state.checkpoint?.latest?.resources ?? []) {
      const own = [...dependencies, ...(waits.get(parent) ?? [])];
      waits.set(urn, own);
      found.set(urn, own);
      // To wait for a component is to wait for what is in it.
      found.set(parent, [...(found.get(parent) ?? []), urn]);
    }
  }
  return found;
}
