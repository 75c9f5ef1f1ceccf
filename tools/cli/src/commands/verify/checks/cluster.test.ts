import { expect, type TestContext, test } from 'vitest';
import type { KubernetesContext } from '../context.ts';
import { openKubernetes } from '../observed/kubernetes.ts';
import { type Answers, kubernetesApi } from '../testing/kubernetes-api.ts';
import { clusterChecks, ingress } from './cluster.ts';

const [api, nodes] = clusterChecks;
const { signal } = new AbortController();

async function contextOf(test: TestContext, answers: Answers, wanted?: number): Promise<KubernetesContext> {
  const kubernetes = openKubernetes({ content: await kubernetesApi(test, answers) });
  return {
    kubernetes: async () => kubernetes,
    nodes: async () => wanted,
    namespace: async () => 'envoy-poc',
    plane: () => Promise.reject(new Error('not looked at')),
    look: async () => '',
    statistics: async () => '',
    podRanges: async () => undefined,
    windowSeconds: 1,
  };
}

const node = (name: string, ready: string, message = '') => ({
  metadata: { name },
  status: {
    conditions: [{ type: 'Ready', status: ready, message }],
    nodeInfo: { kubeletVersion: 'v1.33.5' },
  },
});
const nodeList = (...items: object[]) => ({ '/api/v1/nodes': { items } });

test('an API server that is ready, and one that is not', async (context) => {
  expect(await api.run(await contextOf(context, { '/readyz': 'ok' }), signal)).toMatchObject({
    status: 'pass',
  });
  expect(await api.run(await contextOf(context, { '/readyz': 500 }), signal)).toMatchObject({
    status: 'fail',
    seen: expect.stringContaining('is not ready'),
    next: "kubectl get --raw '/readyz?verbose' --context test",
  });
});

test('nodes that are ready', async (context) => {
  const there = await contextOf(context, nodeList(node('a', 'True'), node('b', 'True')), 2);
  expect(await nodes.run(there, signal)).toEqual({ status: 'pass', seen: '2 ready of 2, v1.33.5' });
});

test('a node too few, none at all, and one that is not ready', async (context) => {
  const few = await contextOf(context, nodeList(node('a', 'True')), 2);
  expect(await nodes.run(few, signal)).toMatchObject({ status: 'fail', seen: '1 ready of 2, v1.33.5' });
  const none = await contextOf(context, nodeList());
  expect(await nodes.run(none, signal)).toMatchObject({ status: 'fail', seen: '0 ready, no kubelet' });
  const ill = await contextOf(
    context,
    nodeList(node('a', 'True'), node('b', 'Unknown', 'Kubelet stopped posting')),
  );
  expect(await nodes.run(ill, signal)).toMatchObject({
    status: 'fail',
    seen: '1 ready, v1.33.5\nb: Kubelet stopped posting',
    next: 'kubectl describe node b',
  });
});

test('an Ingress with an address, without one, and none', async (context) => {
  const path = '/apis/networking.k8s.io/v1/namespaces/envoy-poc/ingresses';
  const list = (status: object) => ({ [path]: { items: [{ metadata: { name: 'edge' }, status }] } });
  const found = list({ loadBalancer: { ingress: [{ hostname: 'k8s.elb.amazonaws.com' }] } });
  expect(await ingress.run(await contextOf(context, found), signal)).toMatchObject({ status: 'pass' });
  expect(await ingress.run(await contextOf(context, list({})), signal)).toMatchObject({
    status: 'fail',
    seen: 'edge has no address',
  });
  expect(await ingress.run(await contextOf(context, { [path]: { items: [] } }), signal)).toMatchObject({
    status: 'skipped',
  });
});
