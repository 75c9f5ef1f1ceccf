import { BatchGetImageCommand, ECRClient } from '@aws-sdk/client-ecr';
import { DescribeClusterCommand, DescribeNodegroupCommand, EKSClient } from '@aws-sdk/client-eks';
import {
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { type Contract, exampleOf, type Layer } from '@envoy-poc/layers';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { runChecks } from '#runtime';
import type { StackContext } from '../context.ts';
import { stackChecks } from './stack.ts';

const [eks, ecr, elb] = [
  mockClient(EKSClient),
  mockClient(ECRClient),
  mockClient(ElasticLoadBalancingV2Client),
];
const nowhere = () => Promise.reject(new Error('not looked at'));
const history = (kind: string, result: string) =>
  JSON.stringify([{ kind, result, endTime: '2026-11-23T10:00:00.000Z' }]);

/** What one layer publishes or did, where it is not well. */
interface Odd {
  outputs?: { [L in Layer]?: Partial<Contract<L>> };
  histories?: Partial<Record<Layer, string | undefined>>;
  pulumi?: false;
}

function contextOf({ outputs = {}, histories = {}, pulumi }: Odd): StackContext {
  return {
    root: '/workspace',
    stack: 'dev',
    namespace: async () => 'envoy-poc',
    run: async (_, __, { cwd = '' } = {}) => {
      if (pulumi === false) return undefined;
      const layer = cwd.split('/').at(-1) as Layer;
      const stdout = layer in histories ? histories[layer] : history('update', 'succeeded');
      return stdout === undefined
        ? { code: 255, stdout: '', stderr: 'error: no stack named "dev" found' }
        : { code: 0, stdout, stderr: '' };
    },
    place: async () => ({ region: 'us-east-1', profile: undefined }),
    outputs: async (layer) => exampleOf(layer, outputs[layer]),
    ...{ kubernetes: nowhere, plane: nowhere, nodes: async () => undefined },
    ...{
      look: async () => '',
      statistics: async () => '',
      podRanges: async () => undefined,
      windowSeconds: 1,
    },
  };
}

async function resultOf(id: string, odd: Odd = {}) {
  const checks = Object.values(stackChecks);
  const results = await runChecks(checks, contextOf(odd), { signal: new AbortController().signal });
  return results.find((result) => result.id === id);
}

const hostname = exampleOf('workloads').loadBalancerHostname;

const healthy = (...ids: string[]) =>
  ids.map((Id) => ({ Target: { Id }, TargetHealth: { State: 'healthy' as const } }));

/** An account where all is well. */
beforeEach(() => {
  for (const client of [eks, ecr, elb]) client.reset();
  eks
    .on(DescribeClusterCommand)
    .resolves({ cluster: { status: 'ACTIVE', version: '1.33', health: { issues: [] } } });
  eks.on(DescribeNodegroupCommand).resolves({
    nodegroup: { status: 'ACTIVE', scalingConfig: { desiredSize: 2 }, instanceTypes: ['t3.medium'] },
  });
  ecr.on(BatchGetImageCommand).resolves({ images: [{}] });
  elb.on(DescribeLoadBalancersCommand).resolves({
    LoadBalancers: [{ DNSName: hostname, LoadBalancerArn: 'arn', State: { Code: 'active' } }],
  });
  elb.on(DescribeTargetGroupsCommand).resolves({ TargetGroups: [{ TargetGroupArn: 'target' }] });
  elb.on(DescribeTargetHealthCommand).resolves({
    TargetHealthDescriptions: [
      ...healthy('172.245.128.9', '172.245.128.10', '172.245.160.9'),
      { Target: { Id: '172.245.160.10' }, TargetHealth: { State: 'draining' } },
    ],
  });
});

afterAll(() => {
  for (const client of [eks, ecr, elb]) client.restore();
});

test.each([
  ['stacks', /^5 layers, the last one at 2026-11-23T10/],
  ['cluster', /^envoy-poc is ACTIVE, Kubernetes 1\.33; node group is ACTIVE, 2 nodes of t3\.medium$/],
  ['repositories', /example-app@sha256:aaaa.*, example-client@sha256:cccc/],
  ['load-balancer', /is active, 3 of 3 targets are healthy$/],
])('%s is well', async (id, seen) => {
  expect(await resultOf(id)).toMatchObject({ status: 'pass', seen: expect.stringMatching(seen) });
});

test('the image of the endpoint picker is looked for where one runs', async () => {
  const digest = `sha256:${'d'.repeat(64)}`;
  const picker = `123456789012.dkr.ecr.us-east-1.amazonaws.com/example-picker@${digest}`;
  const { picker: _, ...shared } = exampleOf('workloads').images;
  const seen = async (images: object) =>
    (await resultOf('repositories', { outputs: { workloads: { images } as never } }))?.seen;
  expect(await seen({ ...shared, picker })).toMatch(/example-picker@sha256:dddd/);
  expect(await seen(shared)).not.toContain('picker');
});

const cases: [what: string, odd: Odd, account: () => unknown, check: string, seen: RegExp, next: RegExp][] = [
  [
    'a layer whose update failed',
    { histories: { cluster: history('update', 'failed') } },
    ...([() => {}, 'stacks', /^cluster: update failed$/, /^npx nx run cluster:deploy --stack dev$/] as const),
  ],
  [
    'a layer that was destroyed, and one that never was',
    { histories: { registry: history('destroy', 'succeeded'), workloads: undefined } },
    ...([
      () => {},
      'stacks',
      /^registry: destroy succeeded\nworkloads: was never deployed$/,
      /registry:deploy/,
    ] as const),
  ],
  [
    'a layer that is being deployed',
    { histories: { platform: '[{"kind": "update", "result": "in-progress"}]' } },
    ...([() => {}, 'stacks', /^platform: update in-progress$/, /platform:deploy/] as const),
  ],
  ['no pulumi', { pulumi: false }, () => {}, 'stacks', /no pulumi on PATH/, /install it/],
  [
    'a cluster that is updating',
    {},
    () => eks.on(DescribeClusterCommand).resolves({ cluster: { status: 'UPDATING', version: '1.33' } }),
    ...(['cluster', /envoy-poc is UPDATING/, /aws eks describe-cluster --name envoy-poc/] as const),
  ],
  [
    'a node group that is not well',
    {},
    () =>
      eks.on(DescribeNodegroupCommand).resolves({
        nodegroup: {
          status: 'DEGRADED',
          health: { issues: [{ code: 'NodeCreationFailure', message: 'Instances failed to join' }] },
        },
      }),
    ...(['cluster', /NodeCreationFailure: Instances failed to join/, /aws eks/] as const),
  ],
  [
    'a cluster of another version',
    { outputs: { cluster: { version: '1.34' } } },
    ...([() => {}, 'cluster', /the stack says 1\.34/, /cluster:drift/] as const),
  ],
  [
    'no cluster',
    {},
    () =>
      eks
        .on(DescribeClusterCommand)
        .rejects(
          Object.assign(new Error('No cluster found'), { name: 'ResourceNotFoundException', $metadata: {} }),
        ),
    ...(['cluster', /eks:DescribeCluster failed: ResourceNotFound/, /cluster:drift/] as const),
  ],
  [
    'an image that is gone',
    {},
    () => ecr.on(BatchGetImageCommand).resolves({ images: [] }),
    ...(['repositories', /app@sha256:a+ is not there/, /^npx nx run ws-server:push --stack dev$/] as const),
  ],
  [
    'an image of another repository',
    {
      outputs: { workloads: { images: { ...exampleOf('workloads').images, client: 'ghcr.io/x@sha256:1' } } },
    },
    ...([() => {}, 'repositories', /client runs ghcr\.io.*not of example/, /ws-client:push/] as const),
  ],
  [
    'no load balancer',
    {},
    () => elb.on(DescribeLoadBalancersCommand).resolves({ LoadBalancers: [] }),
    ...(['load-balancer', /there is no load balancer k8s-envoypoc/, /describe ingress/] as const),
  ],
  [
    'a load balancer that is being made',
    {},
    () =>
      elb.on(DescribeLoadBalancersCommand).resolves({
        LoadBalancers: [{ DNSName: hostname, State: { Code: 'provisioning' } }],
      }),
    ...(['load-balancer', /is provisioning/, /verify --watch --stack dev$/] as const),
  ],
  [
    'a target that fails its health check',
    {},
    () =>
      elb.on(DescribeTargetHealthCommand).resolves({
        TargetHealthDescriptions: [
          {
            Target: { Id: '172.245.128.9', Port: 80 },
            TargetHealth: { State: 'unhealthy', Description: 'Timed out' },
          },
        ],
      }),
    ...([
      'load-balancer',
      /0 of 1 targets are healthy\n172\.245\.128\.9:80 is unhealthy: Timed out/,
      /kubectl/,
    ] as const),
  ],
  [
    'no target',
    {},
    () => elb.on(DescribeTargetHealthCommand).resolves({ TargetHealthDescriptions: [] }),
    ...(['load-balancer', /0 of 0 targets/, /kubectl/] as const),
  ],
  [
    'a target too few',
    {},
    () =>
      elb
        .on(DescribeTargetHealthCommand)
        .resolves({ TargetHealthDescriptions: healthy('172.245.128.9', '172.245.160.9') }),
    ...([
      'load-balancer',
      /2 of 2 targets are healthy, and there should be 3, one for each edge$/,
      /^kubectl --namespace envoy-poc describe ingress$/,
    ] as const),
  ],
  [
    'a node group that was removed by hand',
    {},
    () =>
      eks.on(DescribeNodegroupCommand).rejects(
        Object.assign(new Error('No node group found'), {
          ...{ name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 404 } },
        }),
      ),
    ...([
      'cluster',
      /DescribeNodegroup failed: ResourceNotFoundException/,
      /cluster:drift --stack dev$/,
    ] as const),
  ],
];

test.each(cases)('%s', async (_, odd, account, check, seen, next) => {
  account();
  expect(await resultOf(check, odd)).toMatchObject({
    status: 'fail',
    seen: expect.stringMatching(seen),
    next: expect.stringMatching(next),
  });
});

test('no Ingress, no load balancer', async () => {
  const result = await resultOf('load-balancer', {
    outputs: { workloads: { loadBalancerHostname: undefined } },
  });
  expect(result).toMatchObject({ status: 'skipped', seen: 'because the workloads layer has no Ingress' });
});
