import type { Properties, Resource } from '../../account/account.ts';
import type { Wanted } from '../../provider/double.ts';
import { zonesOf } from './ec2.ts';

const CLUSTER = 'aws:eks/cluster:Cluster';
const NODE_GROUP = 'aws:eks/nodeGroup:NodeGroup';

/** A cluster by its name. */
export function clusterNamed(resources: readonly Resource[], name: unknown): Resource | undefined {
  return resources.find(({ type, id }) => type === CLUSTER && id === name);
}

const subnetIdsOf = (inputs: Properties) => (inputs.vpcConfig as { subnetIds: string[] }).subnetIds;
const minorOf = (version: string) => Number(version.split('.')[1]);

/**
 * Where a cluster's subnets are, and how its version changes.
 *
 * @param before what it is now, when it is there
 * @throws {Error} what EKS refuses
 */
export function checkCluster(
  resources: readonly Resource[],
  { inputs }: Wanted,
  before: Resource | undefined,
): void {
  const subnetIds = subnetIdsOf(inputs);
  const zones = zonesOf(resources, subnetIds);
  if (zones.length < 2)
    throw new Error('InvalidParameterException: subnets specified must be in at least two different AZs');
  if (!before) return;
  // https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html, "Subnet requirements for clusters"
  const created = zonesOf(resources, subnetIdsOf(before.inputs));
  if (created.join() !== zones.join()) {
    throw new Error(
      `InvalidParameterException: Provided subnets ${subnetIds.join()} belong to the AZs '${zones.join()}'. But they ` +
        `should belong to the exact set of AZs '${created.join()}' in which subnets were provided during cluster creation.`,
    );
  }
  checkStep(String(before.inputs.version), String(inputs.version));
  checkOldNodes(resources, before, String(inputs.version));
}

/**
 * A cluster goes up when its managed nodes are where it is
 * (https://github.com/hashicorp/terraform-provider-aws/issues/19478, https://github.com/awsdocs/amazon-eks-user-guide/pull/475).
 */
function checkOldNodes(resources: readonly Resource[], { id, inputs }: Resource, to: string): void {
  const from = String(inputs.version);
  if (to === from) return;
  const old = resources.filter(
    ({ type, inputs }) =>
      type === NODE_GROUP && inputs.clusterName === id && String(inputs.version ?? from) !== from,
  );
  if (old.length === 0) return;
  const names = old.map(({ inputs }) => inputs.nodeGroupName).join(', ');
  throw new Error(
    `InvalidParameterException: Nodegroups ${names} must be updated to match cluster version ${from} before updating cluster version`,
  );
}

/** One minor version at a time, never down (https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html). */
function checkStep(from: string, to: string): void {
  if (from === to || minorOf(to) === minorOf(from) + 1) return;
  throw new Error(
    `InvalidParameterException: Unsupported Kubernetes minor version update from ${from} to ${to}`,
  );
}

/**
 * What nodes need to be made, and to join.
 *
 * @throws {Error} what EKS refuses, or what keeps them from joining
 */
export function checkNodes(
  resources: readonly Resource[],
  { inputs }: Wanted,
  before: Resource | undefined,
): void {
  // What EKS takes when it is told nothing (API_CreateNodegroup).
  const {
    amiType = 'AL2023_x86_64_STANDARD',
    version = String(clusterNamed(resources, inputs.clusterName)?.inputs.version),
    launchTemplate,
    ...given
  } = inputs as {
    amiType?: string;
    version?: string;
    launchTemplate?: { id: string };
    instanceTypes?: string[];
  };
  const template = resources.find(({ id }) => id === launchTemplate?.id);
  const { instanceTypes = [String(template?.inputs.instanceType ?? 't3.medium')] } = given;
  // https://docs.aws.amazon.com/eks/latest/userguide/eks-ami-deprecation-faqs.html
  if (amiType.startsWith('AL2_') && minorOf(version) >= 33)
    throw new Error(`InvalidParameterException: ${amiType} is not supported for Kubernetes ${version}`);
  // https://github.com/hashicorp-education/learn-terraform-provision-eks-cluster/issues/44
  const foreign =
    amiType === 'CUSTOM' ? [] : instanceTypes.filter((type) => isArm(type) !== amiType.includes('ARM_64'));
  if (foreign.length > 0) {
    throw new Error(
      `InvalidParameterException: [${foreign.join(', ')}] is not a valid instance type for requested amiType ${amiType}`,
    );
  }
  checkSizes((inputs.scalingConfig ?? {}) as Properties, before !== undefined);
  const cluster = clusterNamed(resources, inputs.clusterName);
  checkNodeVersion(version, cluster, before);
  if (launchTemplate) checkNodeGroups(resources, cluster, String(inputs.clusterName), launchTemplate.id);
}

/**
 * The sizes in their order (https://github.com/sassoftware/viya4-iac-aws/issues/298,
 * https://github.com/terraform-aws-modules/terraform-aws-eks/issues/2508).
 */
function checkSizes({ minSize, desiredSize, maxSize }: Properties, stands: boolean): void {
  const refuse = (why: string) => {
    throw new Error(`InvalidParameterException: ${why}`);
  };
  if (Number(minSize) > Number(desiredSize)) {
    const known = `Minimum capacity ${minSize} can't be greater than desired size ${desiredSize}`;
    refuse(stands ? known : "minSize can't be greater than desiredSize");
  }
  if (Number(desiredSize) > Number(maxSize)) refuse("desiredSize can't be greater than maxSize");
}

/**
 * Nodes are no newer than their cluster, and never go back
 * (https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateNodegroupVersion.html; the words are ours).
 */
function checkNodeVersion(
  version: string,
  cluster: Resource | undefined,
  before: Resource | undefined,
): void {
  const ofCluster = String(cluster?.inputs.version ?? version);
  if (minorOf(version) > minorOf(ofCluster)) {
    throw new Error(
      `InvalidParameterException: Nodegroup Kubernetes version ${version} is newer than the cluster's, ${ofCluster}`,
    );
  }
  const now = String(before?.inputs.version ?? version);
  if (minorOf(version) < minorOf(now))
    throw new Error(`InvalidParameterException: Nodegroup cannot be rolled back from ${now} to ${version}`);
}

/** With a launch template that names security groups, EKS does not add its own; the controller wants one tagged. */
function checkNodeGroups(
  resources: readonly Resource[],
  cluster: Resource | undefined,
  clusterName: string,
  templateId: string,
): void {
  const template = resources.find(({ id }) => id === templateId);
  const groups = (template?.inputs.vpcSecurityGroupIds ?? []) as string[];
  const { clusterSecurityGroupId } = (cluster?.outputs.vpcConfig ?? {}) as Properties;
  if (!groups.some((id) => id === clusterSecurityGroupId)) {
    throw new Error(
      `NodeCreationFailure: instances failed to join ${clusterName}: no ${clusterSecurityGroupId}`,
    );
  }
  const tag = `kubernetes.io/cluster/${clusterName}`;
  const tagged = resources
    .filter(({ id, inputs }) => groups.includes(id) && tag in ((inputs.tags as Properties) ?? {}))
    .map(({ id }) => id);
  if (tagged.length === 0) return;
  throw new Error(
    `expected exactly one security group tagged with ${tag}, got ${[clusterSecurityGroupId, ...tagged].join(', ')}`,
  );
}

/**
 * Whether an instance type is Graviton's: a `g` right after the generation, or the first one, a1
 * (https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html).
 */
function isArm(instanceType: string): boolean {
  return /^(a1|[a-z]+\d+g[a-z]*)\./.test(instanceType);
}
