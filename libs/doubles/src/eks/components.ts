import { createHash } from 'node:crypto';
import * as awsEks from '@pulumi/aws/eks/index.js';
import * as iam from '@pulumi/aws/iam/index.js';
import type * as eks from '@pulumi/eks';
import * as pulumi from '@pulumi/pulumi';
import '@pulumi/eks/index.js';
import '@pulumi/aws/ec2/index.js';
import { checkEntries, createAccessEntries } from './access-entries.ts';
import { checkArguments } from './arguments.ts';
import { VpcCniAddon } from './vpc-cni-addon.ts';

/** The arguments of `eks.Cluster` that the double expands; with others it would make something else. */
const clusterArguments = [
  ...['name', 'version', 'vpcId', 'publicSubnetIds', 'privateSubnetIds', 'clusterSecurityGroup', 'tags'],
  ...['skipDefaultSecurityGroups', 'skipDefaultNodeGroup', 'endpointPrivateAccess', 'endpointPublicAccess'],
  ...['publicAccessCidrs', 'enabledClusterLogTypes', 'encryptionConfigKeyArn', 'authenticationMode'],
  ...['accessEntries', 'bootstrapSelfManagedAddons', 'vpcCniOptions', 'kubeProxyAddonOptions'],
  ...['corednsAddonOptions', 'providerCredentialOpts', 'deletionProtection', 'upgradePolicy'],
];

/**
 * What `eks.Cluster` of pulumi-eks 4.3.0 makes with the arguments of the cluster layer
 * (https://github.com/pulumi/pulumi-eks/blob/v4.3.0/nodejs/eks/cluster/cluster.ts, `createCore`): a service role, the
 * cluster, the add-ons of its network, a Kubernetes provider, access entries with their policies.
 */
export class Cluster extends pulumi.ComponentResource {
  readonly state: pulumi.Inputs;

  constructor(name: string, inputs: pulumi.Inputs, options: pulumi.ComponentResourceOptions) {
    checkArguments('eks.Cluster', inputs, clusterArguments);
    checkEntries(inputs.accessEntries);
    super('eks:index:Cluster', name, {}, options);
    const parent = { parent: this };

    const service = new ServiceRole(`${name}-eksRole`, parent);
    const subnetIds = pulumi
      .all([inputs.publicSubnetIds ?? [], inputs.privateSubnetIds ?? []])
      .apply(([publicIds, privateIds]: [string[], string[]]) => [...publicIds, ...privateIds]);
    const cluster = new awsEks.Cluster(
      `${name}-eksCluster`,
      {
        name: inputs.name,
        roleArn: service.role.arn,
        version: inputs.version,
        vpcConfig: {
          subnetIds,
          securityGroupIds: [
            pulumi.output(inputs.clusterSecurityGroup).apply(({ id }: { id: string }) => id),
          ],
          endpointPrivateAccess: inputs.endpointPrivateAccess,
          endpointPublicAccess: inputs.endpointPublicAccess,
          publicAccessCidrs: inputs.publicAccessCidrs,
        },
        enabledClusterLogTypes: inputs.enabledClusterLogTypes,
        tags: pulumi.output(inputs.tags).apply((tags) => ({ Name: `${name}-eksCluster`, ...tags })),
        ...(inputs.encryptionConfigKeyArn && {
          encryptionConfig: { provider: { keyArn: inputs.encryptionConfigKeyArn }, resources: ['secrets'] },
        }),
        ...(inputs.authenticationMode && {
          accessConfig: {
            authenticationMode: inputs.authenticationMode,
            bootstrapClusterCreatorAdminPermissions: true,
          },
        }),
        bootstrapSelfManagedAddons: inputs.bootstrapSelfManagedAddons ?? true,
        upgradePolicy: inputs.upgradePolicy,
        deletionProtection: inputs.deletionProtection,
      },
      {
        ...parent,
        dependsOn: [service.role, ...service.attachments],
        ignoreChanges: ['accessConfig.bootstrapClusterCreatorAdminPermissions', 'bootstrapSelfManagedAddons'],
      },
    );

    new awsEks.Addon(
      `${name}-kube-proxy`,
      {
        clusterName: cluster.name,
        addonName: 'kube-proxy',
        addonVersion: pulumi.output(inputs.kubeProxyAddonOptions).apply(({ version }) => version),
        ...{ preserve: true, tags: inputs.tags },
        ...{ resolveConflictsOnCreate: 'OVERWRITE', resolveConflictsOnUpdate: 'OVERWRITE' },
      },
      parent,
    );
    const kubernetes = new KubernetesProvider(`${name}-eks-k8s`, cluster, parent);
    const entries = createAccessEntries(name, cluster, inputs.accessEntries, parent);
    new VpcCniAddon(
      `${name}-vpc-cni`,
      { ...inputs.vpcCniOptions, clusterName: cluster.name, tags: inputs.tags },
      { ...parent, dependsOn: entries, providers: { kubernetes } },
    );

    this.state = { eksCluster: cluster };
    this.registerOutputs(this.state);
  }
}

/** The role of the control plane, with its policy (`nodejs/eks/servicerole.ts`). */
class ServiceRole extends pulumi.ComponentResource {
  readonly role: iam.Role;
  readonly attachments: iam.RolePolicyAttachment[];

  constructor(name: string, options: pulumi.ComponentResourceOptions) {
    super('eks:index:ServiceRole', name, {}, options);
    const statement = {
      Action: ['sts:AssumeRole', 'sts:TagSession'],
      ...{ Effect: 'Allow', Principal: { Service: ['eks.amazonaws.com'] } },
    };
    this.role = new iam.Role(
      `${name}-role`,
      {
        description: 'Allows EKS to manage clusters on your behalf.',
        assumeRolePolicy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
      },
      { parent: this },
    );
    const policyArn = 'arn:aws:iam::aws:policy/AmazonEKSClusterPolicy';
    this.attachments = [
      new iam.RolePolicyAttachment(
        `${name}-${createHash('sha1').update(policyArn).digest('hex').slice(0, 8)}`,
        { policyArn, role: this.role.name },
        { parent: this },
      ),
    ];
    this.registerOutputs({});
  }
}

/** The provider with which the component would change what is in the cluster. */
class KubernetesProvider extends pulumi.ProviderResource {
  constructor(name: string, cluster: awsEks.Cluster, options: pulumi.ResourceOptions) {
    const kubeconfig = pulumi
      .all([cluster.name, cluster.endpoint, cluster.certificateAuthority])
      .apply(([name, server, { data }]) =>
        JSON.stringify({
          ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'aws' },
          clusters: [{ name, cluster: { server, 'certificate-authority-data': data } }],
          contexts: [{ name: 'aws', context: { cluster: name, user: 'aws' } }],
          users: [{ name: 'aws', user: { exec: { command: 'aws', args: ['eks', 'get-token', name] } } }],
        }),
      );
    super('kubernetes', name, { kubeconfig }, options);
  }
}

/** What `eks.ManagedNodeGroup` makes with a launch template of its user: the node group. */
export class ManagedNodeGroup extends pulumi.ComponentResource {
  readonly state: pulumi.Inputs;

  constructor(name: string, inputs: pulumi.Inputs, options: pulumi.ComponentResourceOptions) {
    super('eks:index:ManagedNodeGroup', name, {}, options);
    const { cluster, ...group } = inputs;
    const clusterName = pulumi
      .output(cluster)
      .apply(({ eksCluster }: eks.Cluster) => eksCluster)
      .apply(({ name }) => name);
    const scalingConfig = pulumi
      .output(inputs.scalingConfig)
      .apply((config) => ({ desiredSize: 2, minSize: 1, maxSize: 2, ...config }));
    const nodeGroup = new awsEks.NodeGroup(
      name,
      { ...(group as awsEks.NodeGroupArgs), clusterName, scalingConfig },
      { parent: this },
    );
    this.state = { nodeGroup, placementGroupName: '' };
    this.registerOutputs(this.state);
  }
}
