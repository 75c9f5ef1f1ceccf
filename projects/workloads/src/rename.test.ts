import { exampleOf } from '@envoy-poc/layers';
import { expect, test } from 'vitest';
import { published, run } from './testing.ts';

const example = exampleOf('workloads');
const standing = { ...example, limits: { ...example.limits, admission: 'shared' as const } };
const renamed = { namespace: 'renamed', admission: 'shared' };
const onNodes = (desired: number) => {
  const cluster = exampleOf('cluster');
  cluster.nodes.desired = desired;
  return { published: { ...published, cluster, workloads: standing } };
};

test('another namespace says what it costs: the address, and how many pods there are for a while', async () => {
  const { warnings } = await run(renamed, onNodes(3));
  expect(warnings.join()).toContain(
    `workloads:namespace is renamed, and envoy-poc is what is deployed: everything is made anew. Every connection is ` +
      `closed; the load balancer ${standing.loadBalancerHostname} goes, and a new one gets another address; until envoy-poc ` +
      'is gone there are 34 pods, 17 in renamed and 17 in envoy-poc.',
  );
});

test('and is refused where the nodes do not hold them, with the number that does', async () => {
  await expect(run(renamed, onNodes(2))).rejects.toThrow(
    'workloads:namespace = "renamed": until envoy-poc is gone there are its 17 pods, 17 in the new namespace and 10 of the ' +
      'system, and 2 nodes of t3.medium hold 34: raise cluster:desiredNodes to 3 for the while, or destroy this layer first',
  );
});

test('pickers count too, in the namespace that has them', async () => {
  const { warnings } = await run({ ...renamed, admission: 'exact' }, onNodes(3));
  expect(warnings.join()).toContain('there are 36 pods, 19 in renamed and 17 in envoy-poc.');
});

test('the same one says nothing, nor does the first', async () => {
  expect((await run({}, onNodes(2))).warnings.join()).not.toContain('namespace');
  expect((await run({ namespace: 'first' })).warnings.join()).not.toContain('namespace');
});
