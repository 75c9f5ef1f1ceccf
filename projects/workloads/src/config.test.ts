import { exampleOf } from '@envoy-poc/layers';
import { capacityNote, workloadsConfig } from '@envoy-poc/layers/workloads';
import { expect, test } from 'vitest';
import { configWith, imageOf, project, published, run } from './testing.ts';

async function refusal(config: Record<string, unknown>): Promise<string> {
  const failure: unknown = await run(config).catch((error: unknown) => error);
  if (!(failure instanceof Error)) throw new Error(`${JSON.stringify(config)} was not refused`);
  return failure.message;
}

test('Pulumi.yaml describes every key that is read, and no other', () => {
  const own = Object.keys(project.config).filter((key) => key !== 'aws:defaultTags');
  expect(own).toEqual(Object.keys(workloadsConfig.shape));
});

test.each([
  [{ serverReplicas: 0 }, 'workloads:serverReplicas = 0: must be 1 or more'],
  [{ serverReplicas: 1.5 }, 'workloads:serverReplicas = 1.5: must be a whole number'],
  [{ edgeReplicas: 'three' }, 'workloads:edgeReplicas = "three": must be a whole number'],
  [{ messagesPerSecondPerConnection: 0 }, 'workloads:messagesPerSecondPerConnection = 0: must be 1 or more'],
  [
    { bytesPerSecondPerConnection: 1000 },
    'workloads:bytesPerSecondPerConnection = 1000: must be 16384 or more',
  ],
  [{ newConnectionsPerSecond: 0 }, 'workloads:newConnectionsPerSecond = 0: must be above 0 a second'],
  [{ serverImage: 'app:latest' }, 'workloads:serverImage = "app:latest": must name an image by digest'],
  [{ edgeImage: '' }, 'workloads:edgeImage is not set'],
  [{ namespace: 'Envoy_POC' }, 'workloads:namespace = "Envoy_POC": must be a Kubernetes name'],
  [{ albIdleTimeoutSeconds: 5000 }, 'workloads:albIdleTimeoutSeconds = 5000: must be 4000 or less'],
  [{ loadBalancerCidrs: ['here'] }, 'workloads:loadBalancerCidrs.0 = "here": must be an IPv4 range'],
  [{ loadBalancerCidrs: ['0.0.0.0/0'] }, 'this would let everybody forge a client address'],
  [
    { requests: { server: { cpu: 'much', memory: '64Mi' }, edge: {}, client: {}, picker: {} } },
    'workloads:requests.server.cpu = "much": must be millicores, such as 25m',
  ],
  [
    { pingIntervalSeconds: 300 },
    'workloads:pingIntervalSeconds = 300: a quiet connection would be cut by the load balancer after 300 s',
  ],
  [
    { albIdleTimeoutSeconds: 330 },
    'workloads:albIdleTimeoutSeconds = 330: the edge must wait longer than the load balancer',
  ],
  [
    { edgeDrainSeconds: 14 },
    'workloads:edgeDrainSeconds = 14: the servers tell the clients of an edge that drains within 10 s ' +
      '(serverDrainSeconds) and 5 s more: set at least 15, or lower serverDrainSeconds',
  ],
  [{ serverDrainSeconds: 11 }, 'workloads:edgeDrainSeconds = 15: the servers tell'],
  [
    { messageIntervalMinSeconds: 30 },
    'workloads:messageIntervalMinSeconds = 30: must be at most messageIntervalMaxSeconds, 20',
  ],
  [{ pingIntervalSeconds: 400 }, 'workloads:pingIntervalSeconds = 400: a quiet connection'],
  [
    { serverReplicas: 4, connectionsPerPod: 1000 },
    'workloads:connectionsPerPod = 1000: 4 pods would hold 4000 connections, and one edge must be able to hold all',
  ],
  [
    { context: 'kind-poc', ingressClassName: 'nginx' },
    'workloads:loadBalancerCidrs = []: name the IPv4 ranges that the load balancer connects from',
  ],
])('%j is refused before anything is declared', async (config, message) => {
  expect(await refusal(config)).toContain(message);
});

test('a request above its limit is refused by its path', async () => {
  const { server, edge, client, picker } = configWith().requests;
  const requests = { server: { ...server, memory: '129Mi' }, edge: { ...edge, cpu: '251m' }, client, picker };
  const message = await refusal({ requests });
  expect(message).toContain(
    'workloads:requests.server.memory = "129Mi": must be at most the limit of the container, 128Mi',
  );
  expect(message).toContain(
    'workloads:requests.edge.cpu = "251m": must be at most the limit of the container, 250m',
  );
});

test('all faults are told together, each with its key', async () => {
  const message = await refusal({ pingIntervalSeconds: 400, messageIntervalMinSeconds: 30 });
  expect(message).toContain('workloads:pingIntervalSeconds');
  expect(message).toContain('workloads:messageIntervalMinSeconds');
  expect(message).toContain('pulumi config set workloads:<key> <value> --stack dev');
});

test('the same faults when alone', async () => {
  expect(await refusal({ context: 'kind-poc', pingIntervalSeconds: 400 })).toContain(
    'workloads:pingIntervalSeconds',
  );
});

function onNodes(
  nodes: Partial<ReturnType<typeof exampleOf<'cluster'>>['nodes']>,
  config: Record<string, unknown> = { admission: 'shared' },
) {
  const cluster = exampleOf('cluster');
  return run(config, {
    published: { ...published, cluster: { ...cluster, nodes: { ...cluster.nodes, ...nodes } } },
  });
}

test('two t3.medium nodes hold all pods; one does not, and is refused before anything is declared', async () => {
  await expect(onNodes({ desired: 2 })).resolves.toBeDefined();
  await expect(onNodes({ desired: 1 })).rejects.toThrow(
    'workloads:clientReplicas = 10: 1 nodes of t3.medium hold 17 pods; 17 of this layer, 7 of the system',
  );
});

test('two endpoint pickers are two pods more', async () => {
  const exact = { admission: 'exact' };
  await expect(onNodes({ desired: 2 }, exact)).resolves.toBeDefined();
  await expect(onNodes({ desired: 1 }, exact)).rejects.toThrow('19 of this layer, 7 of the system');
  // 3 of the system on each node and 4 more, 1 for a rolling update.
  await expect(onNodes({ desired: 2 }, { ...exact, clientReplicas: 14 })).resolves.toBeDefined();
  await expect(onNodes({ desired: 2 }, { ...exact, clientReplicas: 15 })).rejects.toThrow(
    'workloads:clientReplicas = 15: 2 nodes of t3.medium hold 34 pods; 24 of this layer',
  );
});

test('it says what the figures lead to: 8 of 50 connections, at exactly the rate', async () => {
  const figures = { serverReplicas: 4, connectionsPerPod: 2, newConnectionsPerSecond: 1 };
  const { notes } = await run({ ...figures, clientReplicas: 10, connectionsPerClient: 5 });
  expect(notes).toEqual([
    '10 clients ask for 50 connections; 4 pods of 2 hold 8: 8 open and 42 refused is the steady state. ' +
      'All clients together try 1 a second; the edges admit 1 a second.',
  ]);
  expect(capacityNote(configWith({ serverReplicas: 40 }))).toContain('50 open and 0 refused');
});

test('an image given in the configuration may come from anywhere', async () => {
  const { outputs } = await run({ serverImage: imageOf('other') });
  expect(outputs.images).toMatchObject({ server: imageOf('other') });
});
