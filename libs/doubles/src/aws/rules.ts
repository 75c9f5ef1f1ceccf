import type { Properties, Resource } from '../account/account.ts';
import type { Wanted } from '../provider/double.ts';
import { parseUrn } from '../provider/urn.ts';
import { checkSubnet, checkVpc, zonesOf } from './rules/ec2.ts';
import { checkCluster, checkNodes } from './rules/eks.ts';
import { checkAccessPolicy, checkEntry, isMadeByEks } from './rules/eks-access.ts';
import { checkAddon } from './rules/eks-addons.ts';
import { checkUnique } from './rules/unique.ts';
import { lastOf } from './shapes.ts';

/** Inputs that describe, or refer to principals outside these stacks. */
const noReferences = ['tags', 'tagSpecifications', 'description', 'principalArn'];

/** Ids and ARNs in the form AWS gives them. */
const reference =
  /^((vpc|subnet|sg|igw|nat|eipalloc|rtb|lt)-[0-9a-f]{17}|arn:aws:(iam|kms|logs):[^:]*:\d{12}:.+)$/;

/** The rules of a type, by the last part of its token; `before` is what is there now, when something is. */
const rules: Readonly<
  Record<
    string,
    (
      resources: readonly Resource[],
      wanted: Wanted,
      others: readonly Resource[],
      before: Resource | undefined,
    ) => void
  >
> = {
  Vpc: (_, wanted) => checkVpc(wanted),
  Subnet: (_, wanted, others) => checkSubnet(others, wanted),
  LoadBalancer: (resources, { inputs }) => checkLoadBalancer(resources, inputs.subnets as string[]),
  Cluster: (resources, wanted, _, before) => checkCluster(resources, wanted, before),
  NodeGroup: (resources, wanted, _, before) => checkNodes(resources, wanted, before),
  Addon: (resources, wanted, _, before) => checkAddon(resources, wanted, before),
  AccessEntry: checkEntry,
  AccessPolicyAssociation: checkAccessPolicy,
};

/**
 * Refuses what AWS refuses.
 *
 * @throws {Error} with AWS's code and a sentence
 */
export function checkRules(resources: readonly Resource[], wanted: Wanted): void {
  const isIt = ({ id, type }: Resource) => id === wanted.id && type === wanted.type;
  const others = resources.filter((resource) => !isIt(resource));
  checkReferences(resources, wanted);
  checkUnique(others, wanted);
  rules[lastOf(wanted.type)]?.(resources, wanted, others, resources.find(isIt));
}

/** @throws {Error} DependencyViolation, when something else in the account, in any stack, refers to the resource */
export function checkDelete(resources: readonly Resource[], target: Resource): void {
  const images = imagesOf(resources, target);
  if (images.length > 0 && !target.inputs.forceDelete) {
    throw new Error(
      `RepositoryNotEmptyException: ${target.id} still holds ${images.length} images; it needs force`,
    );
  }
  const handles = handlesOf(target);
  const users = resources.filter(
    (other) =>
      other.urn !== target.urn &&
      !other.type.startsWith('kubernetes:') &&
      !images.includes(other) &&
      !isMadeByEks(other) &&
      textsOf(other.inputs).some((text) => handles.has(text)),
  );
  const user = users.find(({ type }) => lastOf(type) === 'NodeGroup') ?? users[0];
  if (user) {
    throw new Error(`${refusalOf(target, user)} by ${user.id} (${parseUrn(user.urn).name})`);
  }
}

/** What AWS says of something that something else needs, in front of what that is. */
function refusalOf({ type, id }: Resource, user: Resource): string {
  // https://docs.aws.amazon.com/eks/latest/APIReference/API_DeleteCluster.html
  if (lastOf(type) === 'Cluster' && lastOf(user.type) === 'NodeGroup')
    return 'ResourceInUseException: Cluster has nodegroups attached: in use';
  // https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
  if (lastOf(type) === 'Role' && lastOf(user.type) === 'RolePolicyAttachment')
    return 'DeleteConflict: Cannot delete entity, must detach all policies first: in use';
  return `DependencyViolation: ${id} is in use`;
}

/** The images in a repository. */
export function imagesOf(resources: readonly Resource[], { type, id }: Resource): Resource[] {
  if (type !== 'aws:ecr/repository:Repository') return [];
  return resources.filter(
    (other) => other.type === 'aws:ecr/image:Image' && other.inputs.repositoryName === id,
  );
}

/** The strings by which others refer to a resource. EKS's own security group goes with its cluster. */
function handlesOf({ id, outputs }: Resource): Set<string> {
  const { clusterSecurityGroupId } = (outputs.vpcConfig ?? {}) as Properties;
  return new Set([id, outputs.arn, clusterSecurityGroupId].filter((handle) => typeof handle === 'string'));
}

function checkReferences(resources: readonly Resource[], { inputs }: Wanted): void {
  const known = new Set(resources.flatMap((resource) => [...handlesOf(resource)]));
  const unknown = textsOf(inputs).find(
    (text) => reference.test(text) && !known.has(text.replace(/:\*$/, '')),
  );
  if (unknown) throw new Error(`NotFound: ${unknown} does not exist`);
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html */
function checkLoadBalancer(resources: readonly Resource[], subnetIds: readonly string[]): void {
  if (zonesOf(resources, subnetIds).length >= 2) return;
  throw new Error(
    'InvalidSubnet: At least two subnets in two different Availability Zones must be specified',
  );
}

/** All strings in a value, however deep. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => (noReferences.includes(key) ? [] : textsOf(part)));
}
