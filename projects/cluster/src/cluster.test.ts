import { readFileSync } from 'node:fs';
import { parseOutputs } from '@envoy-poc/layers';
import { expect, test } from 'vitest';
import { checkUntagged } from './security-groups.ts';
import { eksCluster, getSecurityGroup, network, project, runCluster as run } from './testing.ts';

const { securityGroupIds } = network;

test('the cluster is envoy-poc, 1.33, with both endpoints and the four logs', async () => {
  const { resource } = await run();
  expect(resource('envoy_poc_eks_cluster').inputs).toMatchObject({
    name: 'envoy-poc',
    version: '1.33',
    endpointPrivateAccess: true,
    endpointPublicAccess: true,
    enabledClusterLogTypes: ['api', 'audit', 'authenticator', 'scheduler'],
  });
});

test("it stands in the network layer's VPC and subnets, behind its security group", async () => {
  const { resource } = await run();
  expect(resource('envoy_poc_eks_cluster').inputs).toMatchObject({
    vpcId: network.vpcId,
    publicSubnetIds: network.publicSubnets.map(({ id }) => id),
    privateSubnetIds: network.privateSubnets.map(({ id }) => id),
    skipDefaultSecurityGroups: true,
  });
  const { id, inputs } = resource('envoy_poc_cluster_security_group');
  expect(id).toBe(securityGroupIds.cluster);
  expect(inputs).toEqual({});
});

test('with a third zone the control plane stays in its two, and the nodes use all', async () => {
  const zone = 'us-east-1c';
  const third = (kind: 'public' | 'private') => [
    ...network[`${kind}Subnets`],
    { id: `subnet-0ccc00000000000${kind.length}`, cidr: '172.245.64.0/19', zone },
  ];
  const grown = { ...network, publicSubnets: third('public'), privateSubnets: third('private') };
  const { resource } = await run({}, {}, { published: { network: grown } });
  expect(resource('envoy_poc_eks_cluster').inputs).toMatchObject({
    publicSubnetIds: network.publicSubnets.map(({ id }) => id),
    privateSubnetIds: network.privateSubnets.map(({ id }) => id),
  });
  expect(resource('envoy_poc_node_group').inputs.subnetIds).toEqual(grown.privateSubnets.map(({ id }) => id));
});

test('add-ons are pinned, network policy is on, and what needs nodes comes after them', async () => {
  const { resource } = await run();
  expect(resource('envoy_poc_eks_cluster').inputs).toMatchObject({
    bootstrapSelfManagedAddons: false,
    vpcCniOptions: { addonVersion: 'v1.21.1-eksbuild.3', enableNetworkPolicy: true },
    kubeProxyAddonOptions: { version: 'v1.33.8-eksbuild.4' },
    corednsAddonOptions: { enabled: false },
  });
  expect(resource('envoy_poc_coredns_addon').inputs).toMatchObject({
    clusterName: 'envoy-poc',
    addonName: 'coredns',
    addonVersion: 'v1.13.2-eksbuild.1',
  });
  expect(resource('envoy_poc_pod_identity_agent_addon').inputs).toMatchObject({
    addonName: 'eks-pod-identity-agent',
    addonVersion: 'v1.3.10-eksbuild.2',
  });
});

test('each add-on that needs nodes waits for them itself, so that it is deleted before them', async () => {
  const { dependenciesOf } = await run();
  for (const addon of ['envoy_poc_coredns_addon', 'envoy_poc_pod_identity_agent_addon']) {
    expect(dependenciesOf(addon)).toContain('envoy_poc_node_group');
  }
});

test('its log group is ours, ends, and is there before it', async () => {
  const { resource, resources } = await run();
  expect(resource('envoy_poc_eks_log_group').inputs).toMatchObject({
    name: '/aws/eks/envoy-poc/cluster',
    retentionInDays: 30,
  });
  const order = resources.map(({ name }) => name);
  expect(order.indexOf('envoy_poc_eks_log_group')).toBeLessThan(order.indexOf('envoy_poc_eks_cluster'));
});

test('secrets are encrypted with a key of ours that rotates', async () => {
  const { resource } = await run();
  expect(resource('envoy_poc_eks_secrets_key').inputs).toMatchObject({ enableKeyRotation: true });
  expect(resource('envoy_poc_eks_cluster').inputs.encryptionConfigKeyArn).toBe(
    'arn:aws:kms:us-east-1:123456789012:key/envoy_poc_eks_secrets_key',
  );
});

test('configured principals become administrators by access entries', async () => {
  const principalArn = 'arn:aws:iam::123456789012:role/Platform-Engineer';
  const { resource } = await run({ adminPrincipalArns: [principalArn] });
  expect(resource('envoy_poc_eks_cluster').inputs).toMatchObject({
    authenticationMode: 'API',
    accessEntries: {
      role_platform_engineer: {
        principalArn,
        accessPolicies: {
          admin: {
            policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
            accessScope: { type: 'cluster' },
          },
        },
      },
    },
  });
});

test('the nodes are 2 t3.medium with AL2023, 2 to 4, in the private subnets', async () => {
  const { resource } = await run();
  expect(resource('envoy_poc_eks_cluster').inputs.skipDefaultNodeGroup).toBe(true);
  expect(resource('envoy_poc_node_group').inputs).toMatchObject({
    version: '1.33',
    amiType: 'AL2023_x86_64_STANDARD',
    instanceTypes: ['t3.medium'],
    scalingConfig: { desiredSize: 2, minSize: 2, maxSize: 4 },
    subnetIds: network.privateSubnets.map(({ id }) => id),
    launchTemplate: { id: expect.stringMatching(/^lt-/), version: '3' },
  });
});

test('their launch template: IMDSv2 with one hop, an encrypted gp3 disk, tags on what is launched', async () => {
  const { resource } = await run();
  const { inputs } = resource('envoy_poc_node_launch_template');
  expect(inputs).toMatchObject({
    metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
    blockDeviceMappings: [{ deviceName: '/dev/xvda', ebs: { volumeType: 'gp3', encrypted: 'true' } }],
  });
  const tags = { project: 'envoy-poc', layer: 'cluster', stack: 'dev', Name: 'envoy_poc_node' };
  expect(inputs.tagSpecifications).toEqual(
    ['instance', 'volume', 'network-interface'].map((resourceType) => ({ resourceType, tags })),
  );
});

test("their security groups: EKS's own, and the checked ones of the worker and Envoy", async () => {
  const checked = ({ id }: Record<string, unknown>) => ({ id: `checked ${id}`, name: 'plain', tags: {} });
  const { resource } = await run({}, { [getSecurityGroup]: checked });
  expect(resource('envoy_poc_node_launch_template').inputs.vpcSecurityGroupIds).toEqual([
    eksCluster.vpcConfig.clusterSecurityGroupId,
    `checked ${securityGroupIds.worker}`,
    `checked ${securityGroupIds.envoy}`,
  ]);
});

test("a second security group with the cluster's tag is refused by name; another cluster's tag is not", () => {
  const group = { id: 'sg-1', name: 'mine', tags: { 'kubernetes.io/cluster/envoy-poc': 'owned' } };
  expect(() => checkUntagged(group, 'envoy-poc')).toThrow(
    'security group sg-1 (mine) carries the tag kubernetes.io/cluster/envoy-poc',
  );
  expect(() => checkUntagged(group, 'other')).not.toThrow();
});

test('a node role holds what nodes need and no more', async () => {
  const { resources } = await run();
  const attached = resources.filter(
    ({ type }) => type === 'aws:iam/rolePolicyAttachment:RolePolicyAttachment',
  );
  expect(attached.map(({ inputs }) => inputs.policyArn)).toEqual([
    'arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy',
    'arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy',
    'arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly',
  ]);
});

test('what it publishes is its contract, with a kubeconfig that asks the AWS CLI and holds no secret', async () => {
  const { outputs } = await run();
  const published = parseOutputs('cluster', 'dev', outputs);
  expect(published).toMatchObject({
    name: 'envoy-poc',
    version: '1.33',
    region: 'us-east-1',
    endpoint: eksCluster.endpoint,
    clusterSecurityGroupId: eksCluster.vpcConfig.clusterSecurityGroupId,
    kubeconfigCommand:
      'aws eks update-kubeconfig --name envoy-poc --region us-east-1 --profile avive-cfndev-k8s',
    nodes: { instanceType: 't3.medium', desired: 2, min: 2, max: 4, podsPerNode: 17 },
  });
  const { clusters, users } = JSON.parse(published.kubeconfig);
  expect(clusters[0].cluster).toEqual({
    server: eksCluster.endpoint,
    'certificate-authority-data': eksCluster.certificateAuthority.data,
  });
  expect([users[0].user.exec.command, ...users[0].user.exec.args].join(' ')).toBe(
    'aws eks get-token --cluster-name envoy-poc --region us-east-1 --output json --profile avive-cfndev-k8s',
  );
});

test('the price of 1.33 is warned of on every run', async () => {
  expect((await run()).warnings.join('\n')).toContain('0.60 instead of 0.10 $/h');
});

test('every AWS resource goes through the provider that tags project, layer and stack', async () => {
  const { resources, resource } = await run();
  expect(resource('envoy_poc_aws').inputs.defaultTags).toEqual(
    JSON.stringify({ tags: { project: 'envoy-poc', layer: 'cluster', stack: 'dev' } }),
  );
  for (const { type, name, provider } of resources) {
    if (type.startsWith('aws:')) expect(provider, name).toContain('envoy_poc_aws');
  }
});

test('all that it makes is folded into components', async () => {
  expect((await run()).roots).toEqual([
    'envoy-poc:cluster:Addons envoy_poc_addons',
    'envoy-poc:cluster:ControlPlane envoy_poc_control_plane',
    'envoy-poc:cluster:Nodes envoy_poc_nodes',
    'pulumi:providers:aws envoy_poc_aws',
  ]);
});

test('logical names are descriptive snake case', async () => {
  const { resources } = await run();
  for (const { name } of resources) expect(name).toMatch(/^envoy_poc_[a-z0-9]+(_[a-z0-9]+)*$/);
});

test('without the network layer nothing is declared, and the sentence says what to deploy', async () => {
  await expect(run({}, {}, { published: {} })).rejects.toThrow('npx nx run network:deploy --stack dev');
});

test('AL2 with 1.33 is refused before anything is declared', async () => {
  await expect(run({ amiType: 'AL2_x86_64' })).rejects.toThrow('AL2 images end at Kubernetes 1.32');
});

test('the README names every input and output', async () => {
  const readme = readFileSync(`${import.meta.dirname}/../README.md`, 'utf8');
  const { outputs } = await run();
  for (const key of [...Object.keys(project.config), ...Object.keys(outputs)])
    expect(readme).toContain(`\`${key}\``);
});
