import * as pulumi from '@pulumi/pulumi';
import { expect, test } from 'vitest';
import { schemaFaults } from '../aws/schema/faults.ts';
import { named } from '../aws/shapes.ts';
import { checkEntries } from './access-entries.ts';
import { checkArguments } from './arguments.ts';
import { Cluster, ManagedNodeGroup } from './components.ts';

interface Made {
  type: string;
  name: string;
  inputs: pulumi.Inputs;
}

/** A component, and what it makes. */
async function madeBy(component: () => pulumi.ComponentResource): Promise<Made[]> {
  const made: Made[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        made.push({ type, name, inputs });
        return {
          id: `${name}-id`,
          state: { arn: `arn:${name}`, certificateAuthority: { data: '' }, ...inputs },
        };
      },
      call: () => ({}),
    },
    'cluster',
    'dev',
    false,
  );
  component();
  await pulumi.runtime.disconnect();
  return made;
}

const admin = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';
const people = {
  principalArn: 'arn:people',
  accessPolicies: { admin: { policyArn: admin, accessScope: { type: 'cluster' } } },
};
const cluster = () =>
  madeBy(
    () =>
      new Cluster(
        'c',
        {
          name: 'envoy-poc',
          version: '1.33',
          publicSubnetIds: ['subnet-1'],
          privateSubnetIds: ['subnet-2'],
          clusterSecurityGroup: { id: 'sg-1' },
          authenticationMode: 'API',
          kubeProxyAddonOptions: { version: 'v1.33.8-eksbuild.4' },
          vpcCniOptions: { addonVersion: 'v1.21.1-eksbuild.3', enableNetworkPolicy: true },
          accessEntries: { people },
        },
        {},
      ),
  );

test('a cluster is what pulumi-eks 4.3.0 makes of it, with its parts', async () => {
  const made = await cluster();
  expect(new Set(made.map(({ type, name }) => `${type} ${name}`))).toEqual(
    new Set([
      'eks:index:Cluster c',
      'eks:index:ServiceRole c-eksRole',
      'aws:iam/role:Role c-eksRole-role',
      'aws:iam/rolePolicyAttachment:RolePolicyAttachment c-eksRole-4b490823',
      'aws:eks/cluster:Cluster c-eksCluster',
      'aws:eks/addon:Addon c-kube-proxy',
      'pulumi:providers:kubernetes c-eks-k8s',
      'eks:index:VpcCniAddon c-vpc-cni',
      'aws:eks/addon:Addon c-vpc-cni',
      'aws:eks/accessEntry:AccessEntry c-people',
      'aws:eks/accessPolicyAssociation:AccessPolicyAssociation c-people-admin',
    ]),
  );
  for (const { type, name, inputs } of made.filter(({ type }) => type.startsWith('aws:')))
    expect(schemaFaults(type, named({ type, urn: name, inputs }, {})), name).toEqual([]);
  const inputsOf = (name: string, type = 'aws:') =>
    made.find((one) => one.name === name && one.type.startsWith(type))?.inputs;
  // What the account's rules look at.
  expect(inputsOf('c-eksCluster')).toMatchObject({
    ...{ name: 'envoy-poc', version: '1.33', roleArn: 'arn:c-eksRole-role' },
    vpcConfig: { subnetIds: ['subnet-1', 'subnet-2'], securityGroupIds: ['sg-1'] },
    accessConfig: { authenticationMode: 'API', bootstrapClusterCreatorAdminPermissions: true },
    tags: { Name: 'c-eksCluster' },
  });
  for (const name of ['c-kube-proxy', 'c-vpc-cni']) {
    expect(inputsOf(name)).toMatchObject({ preserve: true, resolveConflictsOnCreate: 'OVERWRITE' });
  }
  expect(JSON.parse(String(inputsOf('c-vpc-cni')?.configurationValues))).toMatchObject({
    enableNetworkPolicy: 'true',
    env: { WARM_ENI_TARGET: '1' },
  });
  expect(inputsOf('c-people-admin')).toMatchObject({ principalArn: 'arn:people', policyArn: admin });
});

test('what the double would not expand is told, and so are entries that are not known at once', () => {
  expect(() => checkArguments('eks.Cluster', { name: 'c', autoMode: {} }, ['name'])).toThrow(
    'eks.Cluster: the double does not know autoMode',
  );
  expect(() => checkEntries({ people })).not.toThrow();
  for (const entries of [pulumi.output({ people }), { people: pulumi.output(people) }]) {
    expect(() => checkEntries(entries)).toThrow('must be known at once');
  }
});

test('a node group is one in the cluster it is given', async () => {
  const made = await madeBy(
    () =>
      new ManagedNodeGroup(
        'nodes',
        {
          cluster: { eksCluster: { name: 'envoy-poc' } },
          nodeRoleArn: 'arn:role',
          scalingConfig: { desiredSize: 2, minSize: 2, maxSize: 4 },
          amiType: 'AL2023_x86_64_STANDARD',
          subnetIds: ['subnet-2'],
        },
        {},
      ),
  );
  expect(made.map(({ type }) => type)).toEqual(['eks:index:ManagedNodeGroup', 'aws:eks/nodeGroup:NodeGroup']);
  expect(made[1]).toMatchObject({
    name: 'nodes',
    inputs: { clusterName: 'envoy-poc', amiType: 'AL2023_x86_64_STANDARD' },
  });
});
