import { expect, test } from 'vitest';
import { controllerOf, envOf, imageOf, run, workloadNames } from './testing.ts';

test('the server: 4 replicas of 100m and 128Mi behind envoy-poc-app-server-service', async () => {
  const all = await run();
  const { spec, container } = controllerOf(all, 'app_server');
  expect(spec.replicas).toBe(4);
  expect(container.resources.limits).toEqual({ cpu: '100m', memory: '128Mi' });
  expect(container.image).toBe(imageOf('server'));
  expect(all.resource('envoy_poc_app_server_service').inputs).toMatchObject({
    metadata: { name: 'envoy-poc-app-server-service' },
    spec: { type: 'ClusterIP', ports: [{ port: 8080, targetPort: 'http' }] },
  });
  expect(all.resource('envoy_poc_app_server_headless_service').inputs.spec).toMatchObject({
    clusterIP: 'None',
    selector: { 'app.kubernetes.io/name': 'envoy-poc-app-server' },
  });
});

test('a server pod is told its limits, its address and how to drain', async () => {
  const all = await run({
    admission: 'shared',
    connectionsPerPod: 3,
    pingIntervalSeconds: 20,
    messagesPerSecondPerConnection: 5,
    bytesPerSecondPerConnection: 20_000,
    serverDrainSeconds: 12,
    edgeDrainSeconds: 17,
  });
  const { pod, container } = controllerOf(all, 'app_server');
  expect(envOf(container)).toEqual({
    PORT: '8080',
    POD_IP: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } },
    CONNECTIONS_PER_POD: '3',
    PING_INTERVAL_SECONDS: '20',
    MESSAGES_PER_SECOND_PER_CONNECTION: '5',
    BYTES_PER_SECOND_PER_CONNECTION: '20000',
    SERVER_DRAIN_SECONDS: '12',
    EDGE_READY_PORT: '9901',
  });
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(12);
});

test('the client: 10 replicas of 5 connections, 1 attempt in 10 s, to the Service of the edge', async () => {
  const all = await run();
  const { spec, container } = controllerOf(all, 'app_client');
  expect(spec.replicas).toBe(10);
  expect(envOf(container)).toMatchObject({
    EDGE_URL: 'ws://envoy-poc-edge-service.envoy-poc.svc.cluster.local:80/',
    CONNECTIONS_PER_CLIENT: '5',
    ATTEMPT_INTERVAL_SECONDS: '10',
    MESSAGE_INTERVAL_MIN_SECONDS: '10',
    MESSAGE_INTERVAL_MAX_SECONDS: '20',
  });
  expect(all.resource('envoy_poc_edge_service').inputs).toMatchObject({
    metadata: { name: 'envoy-poc-edge-service' },
    spec: { type: 'ClusterIP', ports: [{ port: 80 }] },
  });
});

test.each(workloadNames)(
  '%s runs as Pod Security restricted asks, without an API token',
  async (workload) => {
    const all = await run({ admission: 'exact' });
    const { pod, container } = controllerOf(all, workload);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(all.resource(`envoy_poc_${workload}_service_account`).inputs).toMatchObject({
      metadata: { name: pod.serviceAccountName },
      automountServiceAccountToken: false,
    });
  },
);

test.each(workloadNames)(
  '%s is spread over zones and nodes and has three patient probes',
  async (workload) => {
    const { pod, container } = controllerOf(await run({ admission: 'exact' }), workload);
    expect(pod.topologySpreadConstraints.map(({ topologyKey }) => topologyKey)).toEqual([
      'topology.kubernetes.io/zone',
      'kubernetes.io/hostname',
    ]);
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
      expect(container[probe]?.timeoutSeconds, probe).toBeGreaterThanOrEqual(3);
    }
  },
);

test('requests lie below limits and fit on one small node', async () => {
  const all = await run({ admission: 'exact' });
  const sum = workloadNames
    .map((workload) => controllerOf(all, workload))
    .map(({ spec, container }) => spec.replicas * Number.parseInt(container.resources.requests.cpu, 10))
    .reduce((a, b) => a + b);
  expect(sum).toBeLessThan(2000);
});

test('server, edge and picker lose one pod at a time to a node drain', async () => {
  const { resource } = await run({ admission: 'exact' });
  for (const workload of ['app_server', 'edge', 'endpoint_picker']) {
    expect(resource(`envoy_poc_${workload}_pod_disruption_budget`).inputs.spec).toMatchObject({
      maxUnavailable: 1,
    });
  }
});

test('the namespace holds its pods to Pod Security restricted', async () => {
  const { resource } = await run();
  expect(resource('envoy_poc_namespace').inputs.metadata).toMatchObject({
    name: 'envoy-poc',
    labels: {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/enforce-version': 'v1.33',
      'elbv2.k8s.aws/pod-readiness-gate-inject': 'enabled',
    },
  });
});
