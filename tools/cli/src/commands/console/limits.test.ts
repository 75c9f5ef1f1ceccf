import { defaultDemand, defaultLimits, edgeBootstrap, type Limits } from '@envoy-poc/edge';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { openKubernetes } from '../verify/observed/kubernetes.ts';
import { kubernetesApi } from '../verify/testing/kubernetes-api.ts';
import { isRolling, termsOf } from './limits.ts';
import type { Member } from './members.ts';

const member = (workload: Member['workload'], fields: Partial<Member> = {}): Member => ({
  ...{ workload, name: workload, podName: workload, ip: '10.0.0.1', ready: true, leaving: false },
  ...{ env: {}, configMaps: [], revision: 'a', ...fields },
});
const server = member('server', { env: { CONNECTIONS_PER_POD: '3' } });
const picker = member('picker', { env: { NEW_CONNECTIONS_PER_SECOND: '0.5' } });
const edge = member('edge', { configMaps: ['edge-config'] });
const client = member('client', { env: { CONNECTIONS_PER_CLIENT: '7' } });

/** A cluster of so many edges, whose configuration is what the workloads layer writes for these limits. */
async function cluster(
  context: Pick<TestContext, 'onTestFinished'>,
  limits: Partial<Limits> = {},
  edges = 3,
) {
  const all = { ...defaultLimits, admission: 'shared' as const, edgeReplicas: edges, ...limits };
  const at = (port: number) => ({ address: '0.0.0.0', port });
  const bootstrap = edgeBootstrap(all, {
    ...{ ingress: at(80), stats: at(9901), lifecycle: at(9903), adminSocket: '@envoy-admin' },
    ...{ servers: { kind: 'dns', name: 'servers', port: 8080 }, trustedProxyCidrs: [], internalCidrs: [] },
  });
  const kubeconfig = await kubernetesApi(context, {
    '/apis/apps/v1/namespaces/n/deployments/envoy-poc-edge': { spec: { replicas: edges } },
    '/api/v1/namespaces/n/configmaps/edge-config': { data: { 'envoy.json': JSON.stringify(bootstrap) } },
  });
  return { kubernetes: openKubernetes({ content: kubeconfig }), namespace: 'n' };
}

test('pods say the limits: servers theirs, pickers the rate', async (context) => {
  const members = [server, server, { ...server, ready: false }, edge, edge, picker, client];
  const { limits, demand } = await termsOf(members, await cluster(context, {}, 2));
  expect(limits).toMatchObject({
    ...{ connectionsPerPod: 3, serverReplicas: 2, edgeReplicas: 2, admission: 'exact' },
    newConnectionsPerSecond: 0.5,
  });
  expect(demand).toMatchObject({ clientReplicas: 1, connectionsPerClient: 7 });
});

test.each([
  [{ newConnectionsPerSecond: 1 }, 1],
  [{ newConnectionsPerSecond: 0.3 }, 3],
  [{ newConnectionsPerSecond: 250, newConnectionsPerSecondPerClient: 4 }, 7],
])('without a picker the shares of the edges tell %j of %i', async (limits, edges) => {
  const terms = await termsOf([server, edge], await cluster({ onTestFinished }, limits, edges));
  expect(terms.limits).toMatchObject({ admission: 'shared', edgeReplicas: edges, ...limits });
});

test('what pods say goes before what was published, which goes before the defaults', async (context) => {
  const published = {
    limits: { ...defaultLimits, connectionsPerPod: 9, edgeReplicas: 5, newConnectionsPerSecondPerClient: 1 },
    demand: { ...defaultDemand, connectionsPerClient: 9 },
  };
  const place = { ...(await cluster(context)), published };
  const { limits, demand } = await termsOf([server, picker, edge], place);
  expect(limits).toMatchObject({ connectionsPerPod: 3, edgeReplicas: 5, newConnectionsPerSecond: 0.5 });
  expect(limits.newConnectionsPerSecondPerClient).toBeUndefined();
  expect(demand).toMatchObject({ connectionsPerClient: 9, clientReplicas: 0 });
  const without = await termsOf([], place);
  expect(without.limits).toMatchObject({ connectionsPerPod: 9, admission: 'exact' });
});

test('where nobody says them, that is said', async (context) => {
  const place = await cluster(context);
  await expect(termsOf([edge, picker], place)).rejects.toThrow(/no pod in namespace n says the limits/);
  const before = await termsOf([server, edge, picker], place);
  expect((await termsOf([edge, picker], place, before)).limits.connectionsPerPod).toBe(3);
});

test('pods of two templates are a rollout, of edges and pickers', () => {
  const other = { revision: 'b' };
  expect(isRolling([server, member('server', other), edge, picker])).toBe(false);
  expect(isRolling([edge, member('edge', other)])).toBe(true);
  expect(isRolling([picker, member('picker', other)])).toBe(true);
});
