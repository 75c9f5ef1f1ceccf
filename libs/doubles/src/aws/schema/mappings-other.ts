import type { Mapping } from './mappings.ts';

const region = { region: 'where it is asked for' };

/** The mappings of the types of CloudWatch Logs, IAM, KMS, ECR and EKS. */
export const otherMappings: Readonly<Record<string, Mapping>> = {
  LogGroup: {
    aws: 'AWS::Logs::LogGroup',
    properties: {
      ...{ name: 'LogGroupName', retentionInDays: 'RetentionInDays', logGroupClass: 'LogGroupClass' },
      ...{ kmsKeyId: 'KmsKeyId', tags: 'Tags' },
    },
    besides: { ...region, skipDestroy: 'what the provider does when it deletes it' },
  },
  Role: {
    aws: 'AWS::IAM::Role',
    properties: {
      ...{ name: 'RoleName', path: 'Path', description: 'Description', tags: 'Tags' },
      ...{ assumeRolePolicy: 'AssumeRolePolicyDocument', maxSessionDuration: 'MaxSessionDuration' },
      ...{ permissionsBoundary: 'PermissionsBoundary' },
    },
    besides: { forceDetachPolicies: 'what the provider does when it deletes it' },
  },
  RolePolicy: {
    aws: 'AWS::IAM::RolePolicy',
    properties: { name: 'PolicyName', role: 'RoleName', policy: 'PolicyDocument' },
  },
  RolePolicyAttachment: {
    aws: 'AWS::IAM::Role',
    part: true,
    properties: { role: 'RoleName', policyArn: 'ManagedPolicyArns' },
    translate: { policyArn: (arn: string) => [arn] },
  },
  Key: {
    aws: 'AWS::KMS::Key',
    properties: {
      ...{ description: 'Description', enableKeyRotation: 'EnableKeyRotation', keyUsage: 'KeyUsage' },
      ...{ deletionWindowInDays: 'PendingWindowInDays', rotationPeriodInDays: 'RotationPeriodInDays' },
      ...{ policy: 'KeyPolicy', multiRegion: 'MultiRegion', isEnabled: 'Enabled', tags: 'Tags' },
    },
    besides: region,
  },
  Alias: {
    aws: 'AWS::KMS::Alias',
    properties: { name: 'AliasName', targetKeyId: 'TargetKeyId' },
    besides: region,
  },
  Repository: {
    aws: 'AWS::ECR::Repository',
    properties: {
      ...{ name: 'RepositoryName', imageTagMutability: 'ImageTagMutability', tags: 'Tags' },
      ...{ forceDelete: 'EmptyOnDelete', imageScanningConfiguration: 'ImageScanningConfiguration' },
      ...{ encryptionConfigurations: 'EncryptionConfiguration' },
    },
    besides: region,
    translate: { encryptionConfigurations: ([first]: unknown[]) => first },
  },
  LifecyclePolicy: {
    aws: 'AWS::ECR::Repository',
    part: true,
    properties: { repository: 'RepositoryName', policy: 'LifecyclePolicy/LifecyclePolicyText' },
    besides: region,
  },
  Cluster: {
    aws: 'AWS::EKS::Cluster',
    properties: {
      ...{ name: 'Name', roleArn: 'RoleArn', version: 'Version', accessConfig: 'AccessConfig', tags: 'Tags' },
      ...{ vpcConfig: 'ResourcesVpcConfig', encryptionConfig: 'EncryptionConfig' },
      ...{ enabledClusterLogTypes: 'Logging/ClusterLogging/EnabledTypes', upgradePolicy: 'UpgradePolicy' },
      ...{ bootstrapSelfManagedAddons: 'BootstrapSelfManagedAddons' },
      ...{ kubernetesNetworkConfig: 'KubernetesNetworkConfig', deletionProtection: 'DeletionProtection' },
    },
    besides: region,
    translate: {
      encryptionConfig: (config: object) => [config],
      enabledClusterLogTypes: (types: string[]) => types.map((type) => ({ type })),
    },
    more: {
      // https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html: the pattern, to the end
      Name: { pattern: '^[0-9A-Za-z][A-Za-z0-9_-]*$' },
      Version: { pattern: '^1\\.\\d\\d$' },
      // https://docs.aws.amazon.com/eks/latest/APIReference/API_EncryptionConfig.html
      EncryptionConfig: { items: { properties: { Resources: { items: { enum: ['secrets'] } } } } },
    },
  },
  NodeGroup: {
    aws: 'AWS::EKS::Nodegroup',
    properties: {
      ...{ clusterName: 'ClusterName', nodeGroupName: 'NodegroupName', nodeRoleArn: 'NodeRole' },
      ...{ subnetIds: 'Subnets', scalingConfig: 'ScalingConfig', amiType: 'AmiType', version: 'Version' },
      ...{ capacityType: 'CapacityType', diskSize: 'DiskSize', instanceTypes: 'InstanceTypes' },
      ...{ launchTemplate: 'LaunchTemplate', labels: 'Labels', taints: 'Taints', tags: 'Tags' },
      ...{ updateConfig: 'UpdateConfig', releaseVersion: 'ReleaseVersion' },
      ...{ forceUpdateVersion: 'ForceUpdateEnabled' },
    },
    besides: region,
    // https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html
    more: { NodegroupName: { maxLength: 63 }, InstanceTypes: { maxItems: 20 } },
  },
  Addon: {
    aws: 'AWS::EKS::Addon',
    properties: {
      ...{ clusterName: 'ClusterName', addonName: 'AddonName', addonVersion: 'AddonVersion', tags: 'Tags' },
      ...{ resolveConflictsOnCreate: 'ResolveConflicts', configurationValues: 'ConfigurationValues' },
      ...{ preserve: 'PreserveOnDelete', serviceAccountRoleArn: 'ServiceAccountRoleArn' },
    },
    besides: { ...region, resolveConflictsOnUpdate: 'the same property of another call' },
    more: {
      // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/eks_addon: NONE and OVERWRITE only
      ResolveConflicts: { enum: ['NONE', 'OVERWRITE'] },
      // https://docs.aws.amazon.com/eks/latest/userguide/eks-add-ons.html
      AddonVersion: { pattern: '^v\\d+\\.\\d+\\.\\d+-eksbuild\\.\\d+$' },
    },
  },
  AccessEntry: {
    aws: 'AWS::EKS::AccessEntry',
    properties: {
      ...{ clusterName: 'ClusterName', principalArn: 'PrincipalArn', userName: 'Username', type: 'Type' },
      ...{ kubernetesGroups: 'KubernetesGroups', tags: 'Tags' },
    },
    besides: region,
    more: {
      // https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessEntry.html
      Type: {
        enum: [
          'STANDARD',
          'EC2_LINUX',
          'EC2_WINDOWS',
          'FARGATE_LINUX',
          'EC2',
          'HYBRID_LINUX',
          'HYPERPOD_LINUX',
        ],
      },
      // The same page: what no group and no user may begin with.
      KubernetesGroups: { items: { pattern: '^(?!system:|eks:|aws:|amazon:|iam:)' } },
      Username: { pattern: '^(?!system:|eks:|aws:|amazon:|iam:)' },
    },
  },
  AccessPolicyAssociation: {
    aws: 'AWS::EKS::AccessEntry',
    part: true,
    properties: {
      ...{ clusterName: 'ClusterName', principalArn: 'PrincipalArn', policyArn: 'AccessPolicies' },
    },
    besides: { ...region, accessScope: 'checked with the rules of access entries' },
    translate: { policyArn: (policyArn: string) => [{ policyArn, accessScope: { type: 'cluster' } }] },
  },
  PodIdentityAssociation: {
    aws: 'AWS::EKS::PodIdentityAssociation',
    properties: {
      ...{ clusterName: 'ClusterName', namespace: 'Namespace', serviceAccount: 'ServiceAccount' },
      ...{ roleArn: 'RoleArn', targetRoleArn: 'TargetRoleArn', tags: 'Tags' },
      ...{ disableSessionTags: 'DisableSessionTags' },
    },
    besides: region,
    // Names of Kubernetes: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
    more: {
      Namespace: { maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' },
      ServiceAccount: { maxLength: 253, pattern: '^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$' },
    },
  },
};
