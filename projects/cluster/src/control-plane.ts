import type { ClusterConfig } from '@envoy-poc/layers/cluster';
import type { Outputs } from '@envoy-poc/layers/pulumi';
import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js';
import * as ec2 from '@pulumi/aws/ec2/index.js';
import * as kms from '@pulumi/aws/kms/index.js';
import * as eks from '@pulumi/eks';
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  mergeOptions,
  type Output,
  type ResourceTransform,
} from '@pulumi/pulumi';
import { accessEntriesOf } from './access-entries.ts';

export interface ControlPlaneArgs {
  config: ClusterConfig;
  /** Who gets an access entry as an administrator. */
  adminPrincipalArns: readonly string[];
  network: Outputs<'network'>;
}

/** The control plane, its logs, and the key of its secrets. */
export class ControlPlane extends ComponentResource {
  readonly cluster: eks.Cluster;
  readonly endpoint: Output<string>;
  readonly certificateAuthority: Output<string>;
  /** The security group that EKS makes, the one tagged `kubernetes.io/cluster/<name>`. */
  readonly clusterSecurityGroupId: Output<string>;

  constructor(name: string, args: ControlPlaneArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:cluster:ControlPlane', name, {}, options);
    const { config, adminPrincipalArns, network } = args;

    // EKS makes a group of this name by itself, without an end to its retention, unless there is one.
    const logs = new cloudwatch.LogGroup(
      'envoy_poc_eks_log_group',
      { name: `/aws/eks/${config.name}/cluster`, retentionInDays: config.logRetentionDays },
      { parent: this },
    );
    const key = new kms.Key(
      'envoy_poc_eks_secrets_key',
      {
        description: `Encrypts the Kubernetes secrets of ${config.name}`,
        enableKeyRotation: true,
        deletionWindowInDays: 7,
      },
      { parent: this },
    );
    new kms.Alias(
      'envoy_poc_eks_secrets_key_alias',
      { name: `alias/${config.name}-eks-secrets`, targetKeyId: key.keyId },
      { parent: this },
    );
    const securityGroup = ec2.SecurityGroup.get(
      'envoy_poc_cluster_security_group',
      network.securityGroupIds.apply(({ cluster }) => cluster),
      undefined,
      { parent: this },
    );

    this.cluster = new eks.Cluster(
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
      { parent: this, dependsOn: logs, transforms: [keepSubnets] },
    );
    const { eksCluster } = this.cluster;
    this.endpoint = eksCluster.endpoint;
    this.certificateAuthority = eksCluster.certificateAuthority.data;
    this.clusterSecurityGroupId = eksCluster.vpcConfig.clusterSecurityGroupId;
    this.registerOutputs({ endpoint: this.endpoint, clusterSecurityGroupId: this.clusterSecurityGroupId });
  }
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
