import type { ClusterConfig } from '@envoy-poc/layers/cluster';
import type { Outputs } from '@envoy-poc/layers/pulumi';
import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js';
import * as ec2 from '@pulumi/aws/ec2/index.js';
import * as kms from '@pulumi/aws/kms/index.js';
import * as eks from '@pulumi/eks';
import {
  all,
  mergeOptions,
  type Output,
  type ProviderResource,
  type ResourceTransform,
} from '@pulumi/pulumi';
import { accessEntriesOf } from './access-entries.ts';

/** What the rest of the layer needs of the control plane. */
export interface ControlPlane {
  cluster: eks.Cluster;
  endpoint: Output<string>;
  certificateAuthority: Output<string>;
  /** The security group that EKS makes, the one tagged `kubernetes.io/cluster/<name>`. */
  clusterSecurityGroupId: Output<string>;
}

/**
 * The control plane, its logs, and the key of its secrets.
 *
 * @param adminPrincipalArns who gets an access entry as an administrator
 */
export function createControlPlane(
  config: ClusterConfig,
  adminPrincipalArns: readonly string[],
  network: Outputs<'network'>,
  provider: ProviderResource,
): ControlPlane {
  const options = { provider };

  // EKS makes a group of this name by itself, without an end to its retention, unless there is one.
  const logs = new cloudwatch.LogGroup(
    'envoy_poc_eks_log_group',
    { name: `/aws/eks/${config.name}/cluster`, retentionInDays: config.logRetentionDays },
    options,
  );
  const key = new kms.Key(
    'envoy_poc_eks_secrets_key',
    {
      description: `Encrypts the Kubernetes secrets of ${config.name}`,
      enableKeyRotation: true,
      deletionWindowInDays: 7,
    },
    options,
  );
  new kms.Alias(
    'envoy_poc_eks_secrets_key_alias',
    { name: `alias/${config.name}-eks-secrets`, targetKeyId: key.keyId },
    options,
  );
  const securityGroup = ec2.SecurityGroup.get(
    'envoy_poc_cluster_security_group',
    network.securityGroupIds.apply(({ cluster }) => cluster),
    undefined,
    options,
  );

  const cluster = new eks.Cluster(
    'envoy_poc_eks_cluster',
    {
      name: config.name,
      version: config.version,
      vpcId: network.vpcId,
      publicSubnetIds: inControlPlane(network, network.publicSubnets),
      privateSubnetIds: inControlPlane(network, network.privateSubnets),
      clusterSecurityGroup: securityGroup,
      skipDefaultSecurityGroups: true,
      skipDefaultNodeGroup: true,
      endpointPrivateAccess: true,
      endpointPublicAccess: true,
      publicAccessCidrs: config.publicAccessCidrs,
      enabledClusterLogTypes: ['api', 'audit', 'authenticator', 'scheduler'],
      encryptionConfigKeyArn: key.arn,
      authenticationMode: 'API',
      accessEntries: accessEntriesOf(adminPrincipalArns),
      bootstrapSelfManagedAddons: false,
      vpcCniOptions: { addonVersion: config.vpcCniVersion, enableNetworkPolicy: true },
      kubeProxyAddonOptions: { version: config.kubeProxyVersion },
      // CoreDNS is an add-on of its own after the nodes: without a node it never becomes healthy.
      corednsAddonOptions: { enabled: false },
      // The component insists on it with an explicit provider; the layer builds its own kubeconfig.
      providerCredentialOpts: { profileName: config.kubectlProfile },
    },
    { providers: { aws: provider }, dependsOn: [logs], transforms: [keepSubnets] },
  );
  return {
    cluster,
    endpoint: cluster.eksCluster.apply(({ endpoint }) => endpoint),
    certificateAuthority: cluster.eksCluster.apply(({ certificateAuthority }) => certificateAuthority.data),
    clusterSecurityGroupId: cluster.eksCluster.apply(({ vpcConfig }) => vpcConfig.clusterSecurityGroupId),
  };
}

/** The ids of the subnets that lie in the zones of the control plane; nodes may use more. */
function inControlPlane(
  { controlPlaneZones }: Outputs<'network'>,
  subnets: Outputs<'network'>['privateSubnets'],
): Output<string[]> {
  return all([subnets, controlPlaneZones]).apply(([list, zones]) =>
    list.filter(({ zone }) => zones.includes(zone)).map(({ id }) => id),
  );
}

/**
 * Leaves a cluster that is there in its subnets. EKS refuses subnets in other zones than those of its creation, which
 * for a cluster made by an older version of this layer may have been three.
 */
const keepSubnets: ResourceTransform = ({ type, props, opts }) =>
  type === 'aws:eks/cluster:Cluster'
    ? { props, opts: mergeOptions(opts, { ignoreChanges: ['vpcConfig.subnetIds'] }) }
    : undefined;

/** The ids of subnets. */
export function idsOf(subnets: Outputs<'network'>['privateSubnets']): Output<string[]> {
  return subnets.apply((list) => list.map(({ id }) => id));
}
