import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { bootstrapOf, controllerOf, published, run, workloadNames } from './testing.ts';

test('the edge: 3 replicas of 250m and 256Mi, on port 80 without privilege, statistics on 9901', async () => {
  const { spec, pod, container } = controllerOf(await run(), 'edge');
  expect(spec.replicas).toBe(3);
  expect(container.resources.limits).toEqual({ cpu: '250m', memory: '256Mi' });
  expect(container.ports.map(({ containerPort }) => containerPort)).toEqual([80, 9901]);
  expect(pod.securityContext).toMatchObject({
    runAsUser: 101,
    sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }],
  });
});

test('the edge drains before Envoy is told to end, and has the time for it', async () => {
  const { pod, container } = controllerOf(await run({ edgeDrainSeconds: 40 }), 'edge');
  expect(container.lifecycle).toEqual({
    preStop: {
      httpGet: { path: '/drain', port: 9903, httpHeaders: [{ name: 'x-edge-drain', value: 'yes' }] },
    },
  });
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(40);
});

test('never more edges than share the rate, not even while they roll', async () => {
  const { spec } = controllerOf(await run(), 'edge');
  expect(spec.strategy).toMatchObject({ rollingUpdate: { maxSurge: 0 } });
});

test('probes have a port of their own, and only readiness asks whether clients should come', async () => {
  const { container } = controllerOf(await run(), 'edge');
  const { startupProbe, readinessProbe, livenessProbe } = container;
  expect([startupProbe, readinessProbe, livenessProbe].map((probe) => probe?.httpGet)).toEqual([
    { path: '/alive', port: 9903 },
    { path: '/healthz', port: 9903 },
    { path: '/alive', port: 9903 },
  ]);
});

test('the edges read their configuration from a ConfigMap that finds the servers by DNS', async () => {
  const all = await run();
  const { name, text } = bootstrapOf(all);
  const { pod, container } = controllerOf(all, 'edge');
  expect(pod.volumes).toEqual([{ name: expect.any(String), configMap: { name } }]);
  expect(container.args?.slice(0, 2)).toEqual(['--config-path', '/etc/envoy/envoy.json']);
  expect(text).toContain('envoy-poc-app-server-headless.envoy-poc.svc.cluster.local');
});

/** Kubernetes replaces the pods of a Deployment or StatefulSet when their template changes, and then alone. */
const templatesOf = async (config: Record<string, unknown>) => {
  const all = await run({ ...some, ...config });
  return Object.fromEntries(workloadNames.map((name) => [name, controllerOf(all, name).spec.template]));
};
const some = {
  admission: 'exact',
  serverReplicas: 4,
  connectionsPerPod: 2,
  edgeReplicas: 3,
  newConnectionsPerSecond: 1,
};

test.each([
  [{}, []],
  [{ clientReplicas: 5 }, []],
  [{ serverReplicas: 5 }, []],
  [{ connectionsPerPod: 3 }, ['app_server']],
  [{ pingIntervalSeconds: 20 }, ['app_server']],
  [{ newConnectionsPerSecond: 2 }, ['edge', 'endpoint_picker']],
  [{ newConnectionsPerSecondPerClient: 1 }, ['edge', 'endpoint_picker']],
  [{ edgeReplicas: 2 }, ['edge']],
  [{ streamIdleTimeoutSeconds: 400 }, ['edge']],
  [{ loadBalancerCidrs: ['10.0.0.0/24'] }, ['edge']],
  [{ connectionsPerClient: 4 }, ['app_client']],
])('a change to %j rolls %j and nothing else', async (change, rolled) => {
  const [before, after] = [await templatesOf({}), await templatesOf(change)];
  const changed = workloadNames.filter((name) => !isDeepStrictEqual(before[name], after[name]));
  expect(changed).toEqual(rolled);
});

test('client addresses are believed only from the public subnets, where the load balancer stands', async () => {
  const { text } = bootstrapOf(await run());
  const [, trusted = ''] = /"xff_trusted_cidrs": (\{.*?\]\s*\})/s.exec(text) ?? [];
  const { cidrs } = JSON.parse(trusted) as { cidrs: { address_prefix: string; prefix_len: number }[] };
  expect(cidrs.map((cidr) => `${cidr.address_prefix}/${cidr.prefix_len}`)).toEqual(
    published.network.publicSubnets.map(({ cidr }) => cidr),
  );
});
