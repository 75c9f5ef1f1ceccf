import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nodesFor, roomOn, SYSTEM_PODS, systemPodsOn } from './pods.ts';
import { engineConfig, projectFileOf } from './project-file.ts';
import { parseLayerConfig } from './settings.ts';
import { podsOf } from './workloads/placement.ts';

const pods = fc.integer({ min: 1, max: 10_000 });
const podsPerNode = fc.integer({ min: 1, max: 250 });

test('the fewest nodes that hold pods hold them, and one fewer does not', () => {
  fc.assert(
    fc.property(pods, podsPerNode, (wanted, each) => {
      const nodes = nodesFor(wanted, each);
      expect(nodes === undefined).toBe(roomOn(1, each) <= 0);
      if (nodes === undefined) return;
      expect(wanted + systemPodsOn(nodes)).toBeLessThanOrEqual(nodes * each + SYSTEM_PODS);
      expect(wanted).toBeGreaterThan(roomOn(nodes - 1, each));
    }),
  );
});

/** A layer's configuration as `Pulumi.yaml` has it. */
function defaultsOf<L extends 'cluster' | 'workloads'>(layer: L) {
  const values = engineConfig(projectFileOf(join(import.meta.dirname, '../../../projects', layer)));
  const parsed = parseLayerConfig(layer, (key) => values[`${layer}:${key}`]);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.config;
}

test('the pods that the cluster plans for are those of the system and of the workloads, pickers too', () => {
  const workloads = defaultsOf('workloads');
  expect(defaultsOf('cluster').plannedPods).toBe(SYSTEM_PODS + podsOf({ ...workloads, admission: 'exact' }));
  expect(podsOf({ ...workloads, admission: 'exact' })).toBe(
    podsOf({ ...workloads, admission: 'shared' }) + 2,
  );
});
