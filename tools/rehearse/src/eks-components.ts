import * as awsEks from '@pulumi/aws/eks/index.js';
import * as iam from '@pulumi/aws/iam/index.js';
import type * as eks from '@pulumi/eks';
import * as pulumi from '@pulumi/pulumi';
import '@pulumi/eks/index.js';
import '@pulumi/aws/ec2/index.js';

/** What `eks.Cluster` makes: a role, the cluster, two add-ons, access entries. */
export class Cluster extends pulumi.ComponentResource {
  readonly state: pulumi.Inputs;

  constructor(name: string, inputs: pulumi.Inputs, options: pulumi.ComponentResourceOptions) {
    super('eks:index:Cluster', name, {}, options);
    const parent = { parent: this };

    const role = new iam.Role(
      `${name}-eksRole-role`,
      { assumeRolePolicy: JSON.stringify({ Statement: [{ Principal: { Service: 'eks.amazonaws.com' } }] }) },
      parent,
    );
    const policy = new iam.RolePolicyAttachment(
      `${name}-eksRole-policy`,
      { role: role.name, policyArn: 'arn:aws:iam::aws:policy/AmazonEKSClusterPolicy' },
      parent,
    );
    const subnetIds = pulumi
      .all([inputs.publicSubnetIds, inputs.privateSubnetIds])
      .apply(([publicIds, privateIds]: [string[], string[]]) => [...publicIds, ...privateIds]);
    const cluster = new awsEks.Cluster(
      `${name}-eksCluster`,
      {
        name: inputs.name,
        roleArn: role.arn,
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
        encryptionConfig: { provider: { keyArn: inputs.encryptionConfigKeyArn }, resources: ['secrets'] },
        accessConfig: { authenticationMode: inputs.authenticationMode },
        bootstrapSelfManagedAddons: inputs.bootstrapSelfManagedAddons,
      },
      { ...parent, dependsOn: [policy] },
    );

    const addon = (addonName: string, addonVersion: pulumi.Input<string>) =>
      new awsEks.Addon(
        `${name}-${addonName}`,
        { clusterName: cluster.name, addonName, addonVersion },
        parent,
      );
    addon(
      'kube-proxy',
      pulumi.output(inputs.kubeProxyAddonOptions).apply(({ version }) => version),
    );
    addon(
      'vpc-cni',
      pulumi.output(inputs.vpcCniOptions).apply(({ addonVersion }) => addonVersion),
    );
    pulumi.output(inputs.accessEntries).apply((entries: Record<string, { principalArn: string }> = {}) => {
      for (const [key, { principalArn }] of Object.entries(entries)) {
        new awsEks.AccessEntry(`${name}-${key}`, { clusterName: cluster.name, principalArn }, parent);
      }
    });

    this.state = { eksCluster: cluster };
    this.registerOutputs(this.state);
  }
}

/** What `eks.ManagedNodeGroup` makes: the node group. */
export class ManagedNodeGroup extends pulumi.ComponentResource {
  readonly state: pulumi.Inputs;

  constructor(name: string, inputs: pulumi.Inputs, options: pulumi.ComponentResourceOptions) {
    super('eks:index:ManagedNodeGroup', name, {}, options);
    const { cluster, ...group } = inputs;
    const clusterName = pulumi
      .output(cluster)
      .apply(({ eksCluster }: eks.Cluster) => eksCluster)
      .apply(({ name }) => name);
    const nodeGroup = new awsEks.NodeGroup(
      name,
      { ...(group as awsEks.NodeGroupArgs), clusterName },
      { parent: this },
    );
    this.state = { nodeGroup };
    this.registerOutputs(this.state);
  }
}
