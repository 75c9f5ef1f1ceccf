import { expect, test } from 'vitest';
import { bootstrapOf, deploymentOf, published, run } from './testing.ts';

test('the edge: 3 replicas of 250m and 256Mi, on port 80 without privilege, statistics on 9901', async () => {
  const { spec, pod, container } = deploymentOf(await run(), 'edge');
  expect(spec.replicas).toBe(3);
  expect(container.resources.limits).toEqual({ cpu: '250m', memory: '256Mi' });
  expect(container.ports.map(({ containerPort }) => containerPort)).toEqual([80, 9901]);
  expect(pod.securityContext).toMatchObject({
    runAsUser: 101,
    sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }],
  });
});

test('the edge drains before Envoy is told to end, and has the time for it', async () => {
  const { pod, container } = deploymentOf(await run({ edgeDrainSeconds: 40 }), 'edge');
  expect(container.lifecycle).toEqual({
    preStop: {
      httpGet: { path: '/drain', port: 9903, httpHeaders: [{ name: 'x-edge-drain', value: 'yes' }] },
    },
  });
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(40);
});

test('never more edges than share the rate, not even while they roll', async () => {
  const { spec } = deploymentOf(await run(), 'edge');
  expect(spec.strategy).toMatchObject({ rollingUpdate: { maxSurge: 0 } });
});

test('probes have a port of their own, and only readiness asks whether clients should come', async () => {
  const { container } = deploymentOf(await run(), 'edge');
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
  const { pod, container } = deploymentOf(all, 'edge');
  expect(pod.volumes).toEqual([{ name: expect.any(String), configMap: { name } }]);
  expect(container.args?.slice(0, 2)).toEqual(['--config-path', '/etc/envoy/envoy.json']);
  expect(text).toContain('envoy-poc-app-server-headless.envoy-poc.svc.cluster.local');
});

test('only a change of the edge rolls the edge', async () => {
  const before = bootstrapOf(await run()).name;
  expect(bootstrapOf(await run()).name).toBe(before);
  expect(bootstrapOf(await run({ clientReplicas: 5 })).name).toBe(before);
  for (const change of [
    { connectionsPerPod: 3 },
    { serverReplicas: 5 },
    { newConnectionsPerSecond: 2 },
    { newConnectionsPerSecondPerClient: 1 },
    { streamIdleTimeoutSeconds: 400 },
    { loadBalancerCidrs: ['10.0.0.0/24'] },
  ]) {
    expect(bootstrapOf(await run(change)).name, JSON.stringify(change)).not.toBe(before);
  }
});

test('client addresses are believed only from the public subnets, where the load balancer stands', async () => {
  const { text } = bootstrapOf(await run());
  const [, trusted = ''] = /"xff_trusted_cidrs": (\{.*?\]\s*\})/s.exec(text) ?? [];
  const { cidrs } = JSON.parse(trusted) as { cidrs: { address_prefix: string; prefix_len: number }[] };
  expect(cidrs.map((cidr) => `${cidr.address_prefix}/${cidr.prefix_len}`)).toEqual(
    published.network.publicSubnets.map(({ cidr }) => cidr),
  );
});
