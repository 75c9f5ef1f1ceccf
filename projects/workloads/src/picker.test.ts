import { parseOutputs } from '@envoy-poc/layers';
import { expect, test } from 'vitest';
import { bootstrapOf, controllerOf, envOf, imageOf, run } from './testing.ts';

const exact = { admission: 'exact' };

test('two endpoint pickers of 250m and 128Mi, which start together and are replaced one by one', async () => {
  const all = await run(exact);
  const { spec, container } = controllerOf(all, 'endpoint_picker');
  expect(spec).toMatchObject({
    replicas: 2,
    serviceName: 'envoy-poc-endpoint-picker-headless',
    podManagementPolicy: 'Parallel',
    updateStrategy: { type: 'RollingUpdate' },
  });
  expect(container.resources).toEqual({
    requests: { cpu: '50m', memory: '64Mi' },
    limits: { cpu: '250m', memory: '128Mi' },
  });
  expect(container.image).toBe(imageOf('picker'));
  expect(container.ports.map(({ containerPort }) => containerPort)).toEqual([9002, 9003]);
});

test('each has a DNS name of its own, before it is ready too, so that it has heard of all pods when it is', async () => {
  const all = await run(exact);
  expect(all.resource('envoy_poc_endpoint_picker_headless_service').inputs).toMatchObject({
    metadata: { name: 'envoy-poc-endpoint-picker-headless' },
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: { 'app.kubernetes.io/name': 'envoy-poc-endpoint-picker' },
      ports: [
        { name: 'decisions', port: 9002, targetPort: 'decisions' },
        { name: 'reports', port: 9003, targetPort: 'reports' },
      ],
    },
  });
});

test('a picker that has heard of no server pod is not ready, and not killed for it', async () => {
  const { container } = controllerOf(await run(exact), 'endpoint_picker');
  const { startupProbe, readinessProbe, livenessProbe } = container;
  expect([startupProbe, readinessProbe, livenessProbe].map((probe) => probe?.httpGet)).toEqual([
    { path: '/alive', port: 9002 },
    { path: '/healthz', port: 9002 },
    { path: '/alive', port: 9002 },
  ]);
});

test('a picker is told the rate, and no limit of a pod; its heap fits into its container', async () => {
  const env = (config: object) =>
    run({ ...exact, ...config }).then((all) => envOf(controllerOf(all, 'endpoint_picker').container));
  const { NODE_OPTIONS, ...told } = await env({ newConnectionsPerSecond: 0.5 });
  expect(told).toEqual({
    ...{ PORT: '9002', REPORTS_PORT: '9003', NEW_CONNECTIONS_PER_SECOND: '0.5' },
    // The cluster's DNS may keep an answer for 5 s.
    SETTLE_SECONDS: '6',
  });
  const [, old, semi] =
    /^--max-old-space-size=(\d+) --max-semi-space-size=(\d+)$/.exec(String(NODE_OPTIONS)) ?? [];
  // A young generation is at most three semi-spaces; Node itself takes 50 MiB.
  expect(Number(old) + 3 * Number(semi) + 50).toBeLessThan(128);
  expect(await env({ newConnectionsPerSecondPerClient: 2 })).toMatchObject({
    NEW_CONNECTIONS_PER_SECOND_PER_CLIENT: '2',
  });
});

test('servers tell all pickers; edges ask the first, then the second', async () => {
  const all = await run({ ...exact, namespace: 'elsewhere' });
  const headless = 'envoy-poc-endpoint-picker-headless.elsewhere.svc.cluster.local';
  expect(envOf(controllerOf(all, 'app_server').container).PICKERS).toBe(`${headless}:9003`);
  const { text } = bootstrapOf(all);
  const [first, second] = [0, 1].map((n) => text.indexOf(`"envoy-poc-endpoint-picker-${n}.${headless}"`));
  expect(first).toBeGreaterThan(0);
  expect(second).toBeGreaterThan(first ?? 0);
  expect(all.dependenciesOf('envoy_poc_edge_deployment')).toEqual(
    expect.arrayContaining(['envoy_poc_endpoint_picker_stateful_set', 'envoy_poc_app_server_deployment']),
  );
});

test('it says what it made', async () => {
  const { outputs } = await run(exact);
  expect(parseOutputs('workloads', 'dev', outputs)).toMatchObject({
    services: { pickerHeadless: 'envoy-poc-endpoint-picker-headless' },
    statefulSets: { picker: 'envoy-poc-endpoint-picker' },
    images: { picker: imageOf('picker') },
    limits: { admission: 'exact' },
  });
});

test('where each edge admits its share of the rate there is no picker, and no word of one', async () => {
  const all = await run({ admission: 'shared' });
  expect(all.resources.filter(({ name }) => name.includes('picker'))).toEqual([]);
  expect(envOf(controllerOf(all, 'app_server').container)).not.toHaveProperty('PICKERS');
  expect(bootstrapOf(all).text).not.toContain('envoy-poc-endpoint-picker');
  const { services, images, ...outputs } = parseOutputs('workloads', 'dev', all.outputs);
  expect(services).not.toHaveProperty('pickerHeadless');
  expect(images).not.toHaveProperty('picker');
  expect(outputs).not.toHaveProperty('statefulSets');
});
