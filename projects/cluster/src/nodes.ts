import type { ClusterConfig } from '@envoy-poc/layers/cluster';
import { layerTags, type Outputs } from '@envoy-poc/layers/pulumi';
import * as ec2 from '@pulumi/aws/ec2/index.js';
import * as iam from '@pulumi/aws/iam/index.js';
import * as eks from '@pulumi/eks';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi';
import { type ControlPlane, idsOf } from './control-plane.ts';
import { untagged } from './security-groups.ts';

export interface NodesArgs {
  config: ClusterConfig;
  network: Outputs<'network'>;
  controlPlane: ControlPlane;
}

/** https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html */
const nodePolicies = {
  worker: 'AmazonEKSWorkerNodePolicy',
  cni: 'AmazonEKS_CNI_Policy',
  registry: 'AmazonEC2ContainerRegistryPullOnly',
};

/** The nodes: a managed group in the private subnets, on a launch template. */
export class Nodes extends ComponentResource {
  readonly roleArn: Output<string>;
  readonly groupName: Output<string>;

  constructor(name: string, args: NodesArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:cluster:Nodes', name, {}, options);
    const { config, network, controlPlane } = args;
    const { role, attachments } = this.#createRole();
    const onNodes = (name: 'worker' | 'envoy') =>
      untagged(
        network.securityGroupIds.apply((groups) => groups[name]),
        config.name,
        { parent: this },
      );
    const tags = { ...layerTags(), Name: 'envoy_poc_node' };

    const template = new ec2.LaunchTemplate(
      'envoy_poc_node_launch_template',
      {
        description: `Nodes of ${config.name}`,
        updateDefaultVersion: true,
        // A launch template that names security groups makes EKS leave out its own, so it is named too.
        vpcSecurityGroupIds: [controlPlane.clusterSecurityGroupId, onNodes('worker'), onNodes('envoy')],
        metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
        blockDeviceMappings: [
          {
            deviceName: '/dev/xvda',
            ebs: {
              volumeType: 'gp3',
              volumeSize: config.nodeDiskGigabytes,
              encrypted: 'true',
              deleteOnTermination: 'true',
            },
          },
        ],
        // The provider's default tags reach the template, not what is launched from it.
        tagSpecifications: ['instance', 'volume', 'network-interface'].map((resourceType) => ({
          resourceType,
          tags,
        })),
      },
      { parent: this },
    );
    const group = new eks.ManagedNodeGroup(
      'envoy_poc_node_group',
      {
        cluster: controlPlane.cluster,
        version: config.version,
        amiType: config.amiType,
        instanceTypes: [config.instanceType],
        scalingConfig: {
          desiredSize: config.desiredNodes,
          minSize: config.minNodes,
          maxSize: config.maxNodes,
        },
        subnetIds: idsOf(network.privateSubnets),
        nodeRoleArn: role.arn,
        launchTemplate: {
          id: template.id,
          version: template.latestVersion.apply((version) => String(version)),
        },
      },
      { parent: this, dependsOn: attachments },
    );
    this.roleArn = role.arn;
    this.groupName = group.nodeGroup.nodeGroupName;
    this.registerOutputs({ roleArn: this.roleArn, groupName: this.groupName });
  }

  #createRole() {
    const role = new iam.Role(
      'envoy_poc_node_role',
      {
        description: 'The nodes of the EKS cluster',
        assumeRolePolicy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
          ],
        }),
      },
      { parent: this },
    );
    const attachments = Object.entries(nodePolicies).map(
      ([name, policy]) =>
        new iam.RolePolicyAttachment(
          `envoy_poc_node_${name}_policy`,
          { role: role.name, policyArn: `arn:aws:iam::aws:policy/${policy}` },
          { parent: this },
        ),
    );
    return { role, attachments };
  }
}
