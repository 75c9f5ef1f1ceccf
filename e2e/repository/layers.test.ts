import { readdirSync } from 'node:fs';
import { create, mappingOf, named, schemaFaults } from '@envoy-poc/doubles/aws';
import { exampleOf, type Layer, projectFileOf } from '@envoy-poc/layers';
import { type Declared, runLayer } from '@envoy-poc/layers/testing';
import { expect, test } from 'vitest';

const projects = `${import.meta.dirname}/../../projects`;

/** The layers that make something of AWS's, and what they are told so that they make all they can. */
const settings: Partial<Record<Layer, Record<string, unknown>[]>> = {
  network: [{}, { zoneCount: 3, flowLogs: true, albIngressCidrs: ['10.0.0.0/8', '192.0.2.0/24'] }],
  registry: [{}, { forceDelete: true }],
  cluster: [{}, { nodeDiskGigabytes: 100, logRetentionDays: 365 }],
  platform: [{}],
};

const answers = {
  'aws:index/getAvailabilityZones:getAvailabilityZones': () => ({
    names: ['us-east-1a', 'us-east-1b', 'us-east-1c'],
  }),
  'aws:ec2/getSecurityGroup:getSecurityGroup': ({ id }: Record<string, unknown>) => ({
    id,
    name: 'plain',
    tags: {},
  }),
  'aws:index/getCallerIdentity:getCallerIdentity': () => ({ arn: 'arn:aws:iam::123456789012:user/me' }),
  'aws:eks/getClusters:getClusters': () => ({ names: [] }),
};

/** What the account says of what is made, and the components of EKS of what is in them. */
function stateOf({ type, name, inputs }: Declared): Record<string, unknown> {
  const vpcConfig = { clusterSecurityGroupId: 'sg-0d00000000000001a' };
  if (type === 'eks:index:Cluster')
    return { eksCluster: { endpoint: 'https://eks', certificateAuthority: { data: 'Q0VSVA==' }, vpcConfig } };
  if (type === 'eks:index:ManagedNodeGroup') return { nodeGroup: { nodeGroupName: 'nodes' } };
  return create({ type, urn: `urn:pulumi:dev::layer::${type}::${name}`, inputs }).outputs;
}

async function declaredBy(layer: Layer, config: Record<string, unknown>) {
  const { default: program } = (await import(`${projects}/${layer}/src/index.ts`)) as {
    default: () => unknown;
  };
  const { resources } = await runLayer(program, {
    project: projectFileOf(`${projects}/${layer}`),
    published: { network: exampleOf('network'), cluster: exampleOf('cluster') },
    state: stateOf,
    ...{ config, answers },
  });
  return resources.filter(({ type, id }) => type.startsWith('aws:') && id === undefined);
}

const runs = Object.entries(settings).flatMap(([layer, configs]) =>
  configs.map((config) => [layer as Layer, config] as const),
);

test.each(runs)('what %s sends, told %j, is what AWS knows', async (layer, config) => {
  const declared = await declaredBy(layer, config);
  expect(declared.length).toBeGreaterThan(2);
  for (const { type, name, inputs } of declared) {
    const urn = `urn:pulumi:dev::${layer}::${type}::${name}`;
    expect(mappingOf(type), type).toBeDefined();
    expect(schemaFaults(type, named({ type, urn, inputs }, {})), name).toEqual([]);
  }
});

test('no layer is left out', () => {
  expect([...Object.keys(settings), 'workloads'].sort()).toEqual(readdirSync(projects).sort());
});
