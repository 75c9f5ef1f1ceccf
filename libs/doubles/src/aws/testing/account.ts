import type { Properties, Resource } from '../../account/account.ts';
import { entriesBesides } from '../rules/eks-access.ts';
import { softwareBesides } from '../rules/eks-addons.ts';
import { checkRules } from '../rules.ts';
import { create } from '../shapes.ts';

/** Type tokens that tests name often. */
export const types = {
  vpc: 'aws:ec2/vpc:Vpc',
  subnet: 'aws:ec2/subnet:Subnet',
  securityGroup: 'aws:ec2/securityGroup:SecurityGroup',
  ingressRule: 'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule',
  repository: 'aws:ecr/repository:Repository',
  cluster: 'aws:eks/cluster:Cluster',
  nodeGroup: 'aws:eks/nodeGroup:NodeGroup',
  accessEntry: 'aws:eks/accessEntry:AccessEntry',
} as const;

/** An account in which things are made and changed as the AWS double does it. */
export function account() {
  const resources: Resource[] = [];
  return {
    resources,
    /** Makes a resource. @throws {Error} what AWS refuses */
    make(type: string, name: string, inputs: Properties, stack = 'dev'): Resource {
      const wanted = { type, urn: `urn:pulumi:${stack}::network::${type}::${name}`, inputs };
      checkRules(resources, wanted);
      resources.push(...entriesBesides(resources, wanted), ...softwareBesides(wanted));
      const resource = { ...wanted, ...create(wanted) };
      resources.push(resource);
      return resource;
    },
    /** Changes some inputs of a resource. @throws {Error} what AWS refuses */
    change(resource: Resource, inputs: Properties): void {
      const wanted = { ...resource, inputs: { ...resource.inputs, ...inputs } };
      checkRules(resources, wanted);
      resource.inputs = wanted.inputs;
    },
  };
}

/** A VPC with a subnet in each of some zones. */
export function networkIn(zones: readonly string[]) {
  const made = account();
  const { id: vpcId } = made.make(types.vpc, 'vpc', { cidrBlock: '10.0.0.0/16' });
  const subnet = (availabilityZone: string, third: number) =>
    made.make(types.subnet, `subnet_${third}`, { vpcId, cidrBlock: `10.0.${third}.0/24`, availabilityZone })
      .id;
  return { ...made, vpcId, subnet, subnetIds: zones.map(subnet) };
}

/** A cluster `c` in some zones. */
export function clusterIn(zones: readonly string[], inputs: Properties = {}) {
  const network = networkIn(zones);
  const cluster = network.make(types.cluster, 'cluster', {
    ...{ name: 'c', version: '1.33', roleArn: 'role', vpcConfig: { subnetIds: network.subnetIds } },
    ...{ accessConfig: { authenticationMode: 'API', bootstrapClusterCreatorAdminPermissions: true } },
    ...inputs,
  });
  const { clusterSecurityGroupId } = cluster.outputs.vpcConfig as { clusterSecurityGroupId: string };
  /** Nodes, in the cluster's own security group unless told otherwise. */
  const nodes = (inputs: Properties = {}, vpcSecurityGroupIds = [clusterSecurityGroupId]) => {
    const template = network.make('aws:ec2/launchTemplate:LaunchTemplate', 'template', {
      vpcSecurityGroupIds,
    });
    return network.make(types.nodeGroup, 'nodes', {
      ...{ clusterName: 'c', amiType: 'AL2023_x86_64_STANDARD', version: '1.33' },
      ...{ nodeRoleArn: 'role', subnetIds: network.subnetIds, launchTemplate: { id: template.id } },
      ...inputs,
    });
  };
  return { ...network, cluster, clusterSecurityGroupId, nodes };
}
