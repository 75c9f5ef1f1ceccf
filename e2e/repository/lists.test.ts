import { appWorkloads, type Contract, exampleOf, type Layer, layers, projectFileOf } from '@envoy-poc/layers';
import { type LayerRun, movedBetween, runLayer } from '@envoy-poc/layers/testing';
import { expect, test } from 'vitest';

const projects = `${import.meta.dirname}/../../projects`;

/** A list in a layer's configuration, and three entries of it. */
interface List {
  entries: readonly [string, string, string];
  /** What else is told, by how many entries there are. */
  with?: (count: number) => Record<string, unknown>;
  /** Resources that hold the list whole, so that they change with it, in place. */
  holders?: readonly string[];
}

const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const image = (app: string) => `registry.example/${app}@sha256:${'0'.repeat(64)}`;
const ranges = ['198.51.100.0/24', '203.0.113.0/24', '192.0.2.0/24'] as const;

/** Mocks tell the node group all of the cluster, where the engine tells it the name. */
const cluster = ['envoy_poc_eks_cluster', 'envoy_poc_node_group'];

/** Every list that there is, by its full key. */
const lists: Record<string, List> = {
  'network:zones': {
    entries: ['us-east-1c', 'us-east-1a', 'us-east-1b'],
    with: (zoneCount) => ({ zoneCount }),
  },
  'network:albIngressCidrs': { entries: ranges },
  'cluster:adminPrincipalArns': {
    entries: [role('b'), role('c'), role('a')],
    holders: cluster,
  },
  'cluster:publicAccessCidrs': { entries: ranges, holders: cluster },
  'workloads:loadBalancerCidrs': {
    entries: ranges,
    holders: [
      'envoy_poc_load_balancer_network_policy',
      'envoy_poc_edge_config_map',
      'envoy_poc_edge_deployment',
    ],
    with: () => Object.fromEntries(appWorkloads.map((workload) => [`${workload}Image`, image(workload)])),
  },
};

const answers = {
  'aws:index/getAvailabilityZones:getAvailabilityZones': () => ({ names: ['us-east-1a', 'us-east-1b'] }),
  'aws:ec2/getSecurityGroup:getSecurityGroup': ({ id }: Record<string, unknown>) => ({ id, tags: {} }),
  'aws:index/getCallerIdentity:getCallerIdentity': () => ({ arn: 'arn:aws:iam::123456789012:user/me' }),
  'aws:eks/getClusters:getClusters': () => ({ names: [] }),
};

/** Runs a layer; `own` is what it has published before. */
async function run(layer: Layer, config: Record<string, unknown>, own?: LayerRun) {
  const { default: program } = (await import(`${projects}/${layer}/src/index.ts`)) as {
    default: () => unknown;
  };
  const others = layers.filter((other) => other !== layer).map((other) => [other, exampleOf(other)]);
  return runLayer(program, {
    project: projectFileOf(`${projects}/${layer}`),
    published: {
      ...(Object.fromEntries(others) as { [L in Layer]?: Contract<L> }),
      ...(own && { [layer]: own.outputs }),
    },
    state: ({ type }) => {
      if (type === 'eks:index:Cluster') {
        const vpcConfig = { clusterSecurityGroupId: 'sg-0d00000000000001a' };
        return {
          eksCluster: { endpoint: 'https://eks', certificateAuthority: { data: 'Q0VSVA==' }, vpcConfig },
        };
      }
      if (type === 'eks:index:ManagedNodeGroup') return { nodeGroup: { nodeGroupName: 'nodes' } };
      if (type === 'aws:ec2/eip:Eip') return { publicIp: '192.0.2.1', allocationId: 'eipalloc-00000001' };
      return { status: { loadBalancer: { ingress: [{ hostname: 'alb.us-east-1.elb.amazonaws.com' }] } } };
    },
    ...{ config, answers },
  });
}

const namesOf = ({ resources }: LayerRun) => resources.map(({ type, name }) => `${type} ${name}`).sort();

test.each(Object.entries(lists))('nothing is named by its place in %s', async (key, list) => {
  const [layer = '', name = ''] = key.split(':');
  const told = (entries: readonly string[]) => ({ ...list.with?.(entries.length), [name]: entries });
  const before = await run(layer as Layer, told(list.entries));
  const after = (entries: readonly string[]) => run(layer as Layer, told(entries), before);

  const turned = await after(list.entries.toReversed());
  expect(namesOf(turned)).toEqual(namesOf(before));
  const shorter = await after(list.entries.slice(1));
  if (layer === 'workloads') expect(movedBetween(before, turned)).toEqual([]);
  for (const now of [turned, shorter]) {
    expect(movedBetween(before, now).filter((moved) => !list.holders?.includes(moved))).toEqual([]);
  }
  expect(namesOf(before)).toEqual(expect.arrayContaining(namesOf(shorter)));
});

test('no list of any layer is left out', () => {
  const found = layers.flatMap((layer) =>
    Object.entries(projectFileOf(`${projects}/${layer}`).config)
      .filter(([, { type }]) => type === 'array')
      .map(([name]) => `${layer}:${name}`),
  );
  expect(found.sort()).toEqual(Object.keys(lists).sort());
});
