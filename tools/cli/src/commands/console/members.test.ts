import { expect, type TestContext, test } from 'vitest';
import { openKubernetes } from '../verify/observed/kubernetes.ts';
import { kubernetesApi } from '../verify/testing/kubernetes-api.ts';
import { listMembers } from './members.ts';

/** A pod as the API server gives it, created so many seconds into the day. */
function pod(name: string, second: number, more: { metadata?: object; spec?: object; status?: object } = {}) {
  return {
    metadata: {
      name,
      creationTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
      labels: { 'app.kubernetes.io/name': name.replace(/(-[^-]+){1,2}$/, ''), 'pod-template-hash': 'a' },
      ...more.metadata,
    },
    spec: { containers: [{ env: [{ name: 'A', value: '1' }, { name: 'B' }] }], ...more.spec },
    status: {
      ...{ phase: 'Running', podIP: `10.0.0.${second}`, conditions: [{ type: 'Ready', status: 'True' }] },
      ...more.status,
    },
  };
}

async function members(context: TestContext, items: ReturnType<typeof pod>[]) {
  const content = await kubernetesApi(context, { '/api/v1/namespaces/n/pods': { items } });
  return listMembers(openKubernetes({ content }), 'n');
}

test('pods of the platform by short names, oldest first; those without an address not yet', async (context) => {
  const found = await members(context, [
    pod('envoy-poc-app-server-6c5-zzzzz', 2),
    pod('envoy-poc-app-server-6c5-aaaaa', 1, { status: { conditions: [] } }),
    pod('envoy-poc-app-client-77f-bbbbb', 3, { metadata: { deletionTimestamp: '2026-01-01T00:00:09Z' } }),
    pod('envoy-poc-edge-5d4-ccccc', 4, { spec: { volumes: [{ configMap: { name: 'c' } }, {}] } }),
    pod('envoy-poc-app-server-6c5-ddddd', 5, { status: { phase: 'Pending', podIP: undefined } }),
    pod('somebody-else-6c5-eeeee', 6),
    pod('envoy-poc-app-server-6c5-fffff', 7, { status: { phase: 'Succeeded' } }),
  ]);
  expect(found.map(({ name, workload, ready, leaving }) => [name, workload, ready, leaving])).toEqual([
    ['pod-aaaaa', 'server', false, false],
    ['pod-zzzzz', 'server', true, false],
    ['client-bbbbb', 'client', true, true],
    ['edge-ccccc', 'edge', true, false],
  ]);
  expect(found[3]).toMatchObject({
    ...{ podName: 'envoy-poc-edge-5d4-ccccc', ip: '10.0.0.4', revision: 'a', configMaps: ['c'] },
    env: { A: '1', B: '' },
  });
});

test('pods whose names end in the same letters are told apart', async (context) => {
  const found = await members(context, [
    pod('envoy-poc-app-server-6c5-aaaaa', 1),
    pod('envoy-poc-app-server-7d6-aaaaa', 2),
    pod('envoy-poc-edge-7d6-aaaaa', 3),
  ]);
  expect(found.map(({ name }) => name)).toEqual(['pod-6c5-aaaaa', 'pod-7d6-aaaaa', 'edge-aaaaa']);
});

test('the two pickers are told apart by their numbers', async (context) => {
  const label = { 'app.kubernetes.io/name': 'envoy-poc-endpoint-picker' };
  const labels = { ...label, 'controller-revision-hash': 'r' };
  const found = await members(
    context,
    [1, 0].map((n) => pod(`envoy-poc-endpoint-picker-${n}`, 1, { metadata: { labels } })),
  );
  expect(found.map(({ name, revision }) => [name, revision])).toEqual([
    ['picker-0', 'r'],
    ['picker-1', 'r'],
  ]);
});
