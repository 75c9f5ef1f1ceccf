import * as pulumi from '@pulumi/pulumi';
import { expect, test } from 'vitest';
import { Cluster, ManagedNodeGroup } from './eks-components.ts';

interface Made {
  type: string;
  name: string;
  inputs: pulumi.Inputs;
}

/** What a component makes of AWS. */
async function madeBy(component: () => pulumi.ComponentResource): Promise<Made[]> {
  const made: Made[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        made.push({ type, name, inputs });
        return { id: `${name}-id`, state: { arn: `arn:${name}`, ...inputs } };
      },
      call: () => ({}),
    },
    'cluster',
    'dev',
    false,
  );
  component();
  await pulumi.runtime.disconnect();
  return made.filter(({ type }) => type.startsWith('aws:'));
}

test('a cluster is a role, the cluster, the add-ons of its network, and an access entry for each', async () => {
  const made = await madeBy(
    () =>
      new Cluster(
        'c',
        {
          name: 'envoy-poc',
          version: '1.33',
          publicSubnetIds: ['subnet-1'],
          privateSubnetIds: ['subnet-2'],
          clusterSecurityGroup: { id: 'sg-1' },
          kubeProxyAddonOptions: { version: 'v1' },
          vpcCniOptions: { addonVersion: 'v2' },
          accessEntries: { people: { principalArn: 'arn:people' } },
        },
        {},
      ),
  );
  expect(new Set(made.map(({ type, name }) => `${type} ${name}`))).toEqual(
    new Set([
      'aws:iam/role:Role c-eksRole-role',
      'aws:iam/rolePolicyAttachment:RolePolicyAttachment c-eksRole-policy',
      'aws:eks/cluster:Cluster c-eksCluster',
      'aws:eks/addon:Addon c-kube-proxy',
      'aws:eks/addon:Addon c-vpc-cni',
      'aws:eks/accessEntry:AccessEntry c-people',
    ]),
  );
  // What the account's rules look at.
  expect(made.find(({ name }) => name === 'c-eksCluster')?.inputs).toMatchObject({
    ...{ name: 'envoy-poc', version: '1.33', roleArn: 'arn:c-eksRole-role' },
    vpcConfig: { subnetIds: ['subnet-1', 'subnet-2'], securityGroupIds: ['sg-1'] },
  });
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
  expect(made).toEqual([
    {
      type: 'aws:eks/nodeGroup:NodeGroup',
      name: 'nodes',
      inputs: expect.objectContaining({ clusterName: 'envoy-poc', amiType: 'AL2023_x86_64_STANDARD' }),
    },
  ]);
});
