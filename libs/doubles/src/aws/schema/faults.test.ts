import { expect, test } from 'vitest';
import { type AwsSchema, awsSchemas, schemaFaults } from './faults.ts';
import { mappings } from './mappings.ts';

const faults = (type: string, inputs: object) => schemaFaults(`aws:x/y:${type}`, { ...inputs });

/** Right inputs of each type, as the layers send them. */
const right: Record<string, object> = {
  Vpc: { cidrBlock: '10.0.0.0/16', enableDnsSupport: true, tags: { Name: 'vpc' } },
  Subnet: { vpcId: 'vpc-1', cidrBlock: '10.0.0.0/24', availabilityZone: 'us-east-1a' },
  SecurityGroup: { vpcId: 'vpc-1', name: 'group', description: 'Nodes of envoy-poc' },
  SecurityGroupIngressRule: {
    ...{ securityGroupId: 'sg-1', cidrIpv4: '10.0.0.0/8', ipProtocol: 'tcp', fromPort: 80, toPort: 80 },
  },
  NatGateway: { allocationId: 'eipalloc-1', subnetId: 'subnet-1' },
  FlowLog: { vpcId: 'vpc-1', trafficType: 'ALL', logDestinationType: 'cloud-watch-logs' },
  LaunchTemplate: {
    ...{ name: 'nodes', vpcSecurityGroupIds: ['sg-1'], updateDefaultVersion: true },
    metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
    blockDeviceMappings: [{ deviceName: '/dev/xvda', ebs: { volumeType: 'gp3', encrypted: 'true' } }],
    tagSpecifications: [{ resourceType: 'instance', tags: { Name: 'node' } }],
  },
  LogGroup: { name: '/aws/eks/envoy-poc/cluster', retentionInDays: 30 },
  Role: { name: 'role', path: '/envoy-poc/', assumeRolePolicy: '{}' },
  RolePolicyAttachment: { role: 'role', policyArn: 'arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy' },
  Key: { description: 'Secrets', enableKeyRotation: true, deletionWindowInDays: 7 },
  Alias: { name: 'alias/envoy-poc', targetKeyId: 'key-1' },
  Repository: {
    ...{ name: 'envoy-poc/app', imageTagMutability: 'IMMUTABLE', forceDelete: true },
    encryptionConfigurations: [{ encryptionType: 'KMS', kmsKey: 'arn:key' }],
  },
  Cluster: {
    ...{ name: 'envoy-poc', version: '1.33', roleArn: 'arn:role', enabledClusterLogTypes: ['api', 'audit'] },
    vpcConfig: { subnetIds: ['subnet-1'], endpointPublicAccess: true, publicAccessCidrs: ['0.0.0.0/0'] },
    accessConfig: { authenticationMode: 'API', bootstrapClusterCreatorAdminPermissions: true },
    encryptionConfig: { provider: { keyArn: 'arn:key' }, resources: ['secrets'] },
  },
  NodeGroup: {
    ...{ clusterName: 'envoy-poc', nodeGroupName: 'nodes', nodeRoleArn: 'arn:role', subnetIds: ['subnet-1'] },
    ...{ amiType: 'AL2023_x86_64_STANDARD', instanceTypes: ['t3.medium'], labels: { 'a/b': 'c' } },
    ...{
      scalingConfig: { minSize: 2, desiredSize: 2, maxSize: 4 },
      launchTemplate: { id: 'lt', version: '1' },
    },
  },
  Addon: {
    ...{ clusterName: 'envoy-poc', addonName: 'vpc-cni', addonVersion: 'v1.21.1-eksbuild.3', preserve: true },
    ...{ resolveConflictsOnCreate: 'OVERWRITE', resolveConflictsOnUpdate: 'OVERWRITE' },
  },
  AccessEntry: { clusterName: 'envoy-poc', principalArn: 'arn:role', kubernetesGroups: ['people'] },
  AccessPolicyAssociation: { clusterName: 'c', principalArn: 'arn:role', policyArn: 'arn:policy' },
  PodIdentityAssociation: {
    ...{ clusterName: 'envoy-poc', namespace: 'kube-system', serviceAccount: 'aws-lb', roleArn: 'arn:role' },
  },
};

test.each(Object.keys(right))('%s as the layers have it is right', (type) => {
  expect(faults(type, right[type] ?? {})).toEqual([]);
});

test.each([
  ['Vpc', { enableDnsSupport: 'perhaps' }, 'must be boolean'],
  ['Vpc', { cidrBlock: undefined }, 'needs one of CidrBlock'],
  ['Subnet', { vpcId: undefined }, "must have required property 'VpcId'"],
  ['SecurityGroup', { description: 'a "quoted" word' }, 'GroupDescription'],
  ['SecurityGroup', { name: 'sg-mine' }, 'GroupName'],
  ['SecurityGroupIngressRule', { toPort: 65536 }, '/ToPort = 65536 must be <= 65535'],
  ['SecurityGroupIngressRule', { referencedSecurityGroupId: 'sg-2' }, 'needs one of'],
  ['FlowLog', { trafficType: 'SOME' }, 'allowed values: ACCEPT, ALL, REJECT'],
  ['LaunchTemplate', { name: 'a b' }, '/LaunchTemplateName = "a b"'],
  ['LaunchTemplate', { name: 'x'.repeat(129) }, 'must NOT have more than 128 characters'],
  ['LaunchTemplate', { metadataOptions: { httpTokens: 'always' } }, 'allowed values: optional, required'],
  ['LaunchTemplate', { metadataOptions: { httpPutResponseHopLimit: 65 } }, 'must be <= 64'],
  ['LaunchTemplate', { blockDeviceMappings: [{ ebs: { volumeType: 'gp4' } }] }, 'VolumeType = "gp4"'],
  [
    'LogGroup',
    { retentionInDays: 31 },
    '/RetentionInDays = 31 must be equal to one of the allowed values: 1,',
  ],
  ['Role', { path: 'envoy-poc' }, '/Path = "envoy-poc" must match pattern'],
  ['Role', { name: 'r'.repeat(65) }, 'must NOT have more than 64 characters'],
  ['Role', { maxSessionDuration: 43201 }, 'must be <= 43200'],
  ['RolePolicyAttachment', { policyArn: 'AmazonEKS_CNI_Policy' }, '/ManagedPolicyArns/0'],
  ['Key', { deletionWindowInDays: 6 }, '/PendingWindowInDays = 6 must be >= 7'],
  ['Alias', { name: 'envoy-poc' }, '/AliasName = "envoy-poc" must match pattern "^(alias/)'],
  ['Repository', { name: 'Envoy' }, '/RepositoryName = "Envoy"'],
  ['Repository', { encryptionConfigurations: [{ encryptionType: 'RSA' }] }, 'AES256, KMS, KMS_DSSE'],
  ['Cluster', { name: 'my cluster' }, '/Name = "my cluster"'],
  ['Cluster', { version: '1.33.1' }, '/Version = "1.33.1"'],
  ['Cluster', { vpcConfig: {} }, "must have required property 'SubnetIds'"],
  ['Cluster', { accessConfig: { authenticationMode: 'IAM' } }, 'CONFIG_MAP, API_AND_CONFIG_MAP, API'],
  ['Cluster', { enabledClusterLogTypes: ['everything'] }, 'Type = "everything"'],
  ['Cluster', { encryptionConfig: { resources: ['all'] } }, 'allowed values: secrets'],
  ['NodeGroup', { amiType: 'AL2023_x86' }, '/AmiType = "AL2023_x86"'],
  ['NodeGroup', { capacityType: 'CHEAP' }, '/CapacityType = "CHEAP"'],
  ['NodeGroup', { scalingConfig: { maxSize: 0 } }, '/ScalingConfig/MaxSize = 0 must be >= 1'],
  [
    'NodeGroup',
    { launchTemplate: { id: 'lt', template: 'x' } },
    'must NOT have additional properties: Template',
  ],
  ['Addon', { resolveConflictsOnCreate: 'PRESERVE' }, 'allowed values: NONE, OVERWRITE'],
  ['Addon', { addonVersion: '1.21.1' }, '/AddonVersion = "1.21.1"'],
  ['AccessEntry', { principalArn: undefined }, "must have required property 'PrincipalArn'"],
  ['AccessEntry', { type: 'PERSON' }, '/Type = "PERSON"'],
  ['AccessEntry', { kubernetesGroups: ['system:masters'] }, '/KubernetesGroups/0 = "system:masters"'],
  ['PodIdentityAssociation', { roleArn: undefined }, "must have required property 'RoleArn'"],
  ['PodIdentityAssociation', { namespace: 'kube_system' }, '/Namespace = "kube_system"'],
  ['PodIdentityAssociation', { disableSessionTags: 'perhaps' }, '/DisableSessionTags'],
])('%s with %j is not', (type, inputs, message) => {
  expect(faults(type, { ...right[type], ...inputs }).join('\n')).toContain(message);
});

test('an input that no mapping knows is told', () => {
  expect(faults('Vpc', { ...right.Vpc, cidrBlocks: [] })).toEqual([
    'cidrBlocks of Vpc is in no mapping of the double (src/schema/mappings-*.ts)',
  ]);
});

test('every mapping leads to a property that AWS has', () => {
  const missing = Object.entries(mappings).flatMap(([type, { aws, properties, more = {} }]) =>
    [...Object.values(properties), ...Object.keys(more)]
      .filter((path) => !has(awsSchemas.types[aws], path.split('/')))
      .map((path) => `${type}: ${aws} ${path}`),
  );
  expect(missing).toEqual([]);
});

test('it is known where the facts are from', () => {
  expect(awsSchemas.source).toMatchObject({ package: 'cfn-lint', license: 'MIT-0' });
  expect(awsSchemas.source.version).toMatch(/^\d+\.\d+\.\d+$/);
});

/** Whether a schema has a property, however deep. */
function has(schema: AwsSchema | undefined, path: readonly string[]): boolean {
  let node: { properties?: Record<string, { $ref?: string }> } | undefined = schema;
  for (const name of path) {
    const property: { $ref?: string } | undefined = node?.properties?.[name];
    if (!property) return false;
    node = property.$ref ? schema?.definitions[property.$ref.split('/').at(-1) ?? ''] : property;
  }
  return true;
}
