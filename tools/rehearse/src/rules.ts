import type { Properties, Resource } from './account.ts';
import type { Wanted } from './double.ts';
import { shapeOf } from './shapes.ts';
import { parseUrn } from './urn.ts';

/** Inputs that describe, or refer to principals outside these stacks. */
const noReferences = ['tags', 'tagSpecifications', 'description', 'principalArn'];

/** Ids and ARNs in the form AWS gives them. */
const reference =
  /^((vpc|subnet|sg|igw|nat|eipalloc|rtb|lt)-[0-9a-f]{17}|arn:aws:(iam|kms|logs):[^:]*:\d{12}:.+)$/;

/**
 * Refuses what AWS refuses.
 *
 * @throws {Error} with AWS's code and a sentence
 */
export function checkRules(resources: readonly Resource[], wanted: Wanted): void {
  const others = resources.filter(({ id, type }) => id !== wanted.id || type !== wanted.type);
  checkReferences(resources, wanted);
  checkUnique(others, wanted);
  if (wanted.type.endsWith(':Subnet')) checkOverlap(others, wanted);
  if (wanted.type === 'aws:eks/cluster:Cluster') {
    checkZones(resources, (wanted.inputs.vpcConfig as { subnetIds: string[] }).subnetIds);
  }
  if (wanted.type === 'aws:lb/loadBalancer:LoadBalancer') {
    checkZones(resources, wanted.inputs.subnets as string[]);
  }
  if (wanted.type === 'aws:eks/nodeGroup:NodeGroup') checkNodes(resources, wanted);
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
  const user = resources.find(
    (other) =>
      other.urn !== target.urn &&
      !other.type.startsWith('kubernetes:') &&
      !images.includes(other) &&
      textsOf(other.inputs).some((text) => handles.has(text)),
  );
  if (user) {
    throw new Error(`DependencyViolation: ${target.id} is in use by ${user.id} (${parseUrn(user.urn).name})`);
  }
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

function checkUnique(others: readonly Resource[], { type, inputs }: Wanted): void {
  const { unique } = shapeOf(type);
  if (!unique) return;
  const key = (properties: Properties) => JSON.stringify(unique.map((name) => properties[name] ?? null));
  const twin = others.find((other) => other.type === type && key(other.inputs) === key(inputs));
  if (twin)
    throw new Error(`AlreadyExists: ${twin.id} (${parseUrn(twin.urn).name}) is the same: ${key(inputs)}`);
}

function checkOverlap(others: readonly Resource[], { type, inputs }: Wanted): void {
  const mine = rangeOf(String(inputs.cidrBlock));
  const twin = others.find((other) => {
    if (other.type !== type || other.inputs.vpcId !== inputs.vpcId) return false;
    const theirs = rangeOf(String(other.inputs.cidrBlock));
    return mine.first < theirs.end && theirs.first < mine.end;
  });
  if (twin)
    throw new Error(
      `InvalidSubnet.Conflict: ${inputs.cidrBlock} overlaps ${twin.inputs.cidrBlock} of ${twin.id}`,
    );
}

function checkZones(resources: readonly Resource[], subnetIds: readonly string[]): void {
  const zones = new Set(
    resources.filter(({ id }) => subnetIds.includes(id)).map(({ inputs }) => inputs.availabilityZone),
  );
  if (zones.size < 2)
    throw new Error('InvalidParameterException: subnets specified must be in at least two different AZs');
}

function checkNodes(resources: readonly Resource[], { inputs }: Wanted): void {
  const { amiType, version, launchTemplate } = inputs as {
    amiType: string;
    version: string;
    launchTemplate: { id: string };
  };
  if (amiType.startsWith('AL2_') && Number(version.split('.')[1]) >= 33) {
    throw new Error(`InvalidParameterException: ${amiType} is not supported for Kubernetes ${version}`);
  }
  const cluster = resources.find(
    ({ type, id }) => type === 'aws:eks/cluster:Cluster' && id === inputs.clusterName,
  );
  const template = resources.find(({ id }) => id === launchTemplate.id);
  const groups = (template?.inputs.vpcSecurityGroupIds ?? []) as string[];
  const { clusterSecurityGroupId } = (cluster?.outputs.vpcConfig ?? {}) as Properties;
  if (!groups.some((id) => id === clusterSecurityGroupId)) {
    throw new Error(
      `NodeCreationFailure: instances failed to join ${inputs.clusterName}: no ${clusterSecurityGroupId}`,
    );
  }
  const tag = `kubernetes.io/cluster/${inputs.clusterName}`;
  const tagged = resources.filter(
    ({ id, inputs }) => groups.includes(id) && tag in ((inputs.tags as Properties) ?? {}),
  );
  if (tagged.length > 0) {
    throw new Error(
      `expected exactly one security group tagged with ${tag}, got ${clusterSecurityGroupId}, ${tagged.map(({ id }) => id).join(', ')}`,
    );
  }
}

/** All strings in a value, however deep. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => (noReferences.includes(key) ? [] : textsOf(part)));
}

function rangeOf(cidr: string): { first: number; end: number } {
  const [address = '', prefix] = cidr.split('/');
  const first = address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
  return { first, end: first + 2 ** (32 - Number(prefix)) };
}
