import { minorOf } from '@envoy-poc/aws-facts';
import type { ConfigFault } from '../parse-config.ts';
import type { StackTags } from '../tags.ts';
import { type AddonName, addonKeys, type ClusterConfig } from './settings.ts';

/** What stands already of a cluster that is configured, as EKS says, whoever made or changed it. */
export interface StandingCluster {
  /** Its Kubernetes version, such as `1.33`. */
  readonly version: string;
  /** The versions of its add-ons; those that are not installed are left out. */
  readonly addons: ReadonlyMap<AddonName, string>;
  /** The Kubernetes versions of its managed node groups, by their names. */
  readonly nodeGroups: ReadonlyMap<string, string>;
  readonly tags: Readonly<Record<string, string>>;
}

type Versions = Pick<ClusterConfig, 'version' | (typeof addonKeys)[AddonName]>;

/**
 * What stands in the way of a deploy onto a cluster that stands.
 *
 * @param own the tags of this layer's resources in this stack
 */
export function standingFaults(
  standing: StandingCluster,
  config: Versions & Pick<ClusterConfig, 'name'>,
  own: StackTags,
): ConfigFault[] {
  const { stack, project } = standing.tags;
  if (stack !== undefined && (stack !== own.stack || project !== own.project)) {
    const message =
      `a cluster of this name stands already, and belongs to stack ${stack} of ${project}; a name is one of its kind in ` +
      `an account and region, so set another, such as ${config.name}-${own.stack} (docs/second-stack.md)`;
    return [{ key: 'name', value: config.name, message }];
  }
  return stepFaults(standing, config);
}

/**
 * What EKS would refuse, or would break: Kubernetes and its add-ons go up one minor version at a time, and never down.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html
 * @see https://docs.aws.amazon.com/eks/latest/userguide/managing-vpc-cni.html
 */
function stepFaults(standing: StandingCluster, config: Versions): ConfigFault[] {
  return [...clusterStep(standing, config.version), ...addonSteps(standing.addons, config)];
}

function clusterStep({ version: from, nodeGroups }: StandingCluster, to: string): ConfigFault[] {
  const steps = minorOf(to) - minorOf(from);
  if (steps === 0) return [];
  if (steps === 1) return oldNodes(from, to, nodeGroups);
  const message =
    steps < 0
      ? `the cluster stands at ${from}, and EKS never goes down; set ${from}`
      : `the cluster stands at ${from}, and EKS goes up one minor version at a time; set ${above(from)} first (docs/upgrading.md)`;
  return [{ key: 'version', value: to, message }];
}

/**
 * Nodes that an earlier step left behind: EKS takes a cluster no further before they are where it is.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html
 */
function oldNodes(from: string, to: string, nodeGroups: StandingCluster['nodeGroups']): ConfigFault[] {
  const old = [...nodeGroups].filter(([, version]) => version !== from);
  if (old.length === 0) return [];
  const named = old.map(([name, version]) => `${name} at ${version}`).join(', ');
  const message =
    `the cluster stands at ${from}, and nodes of it do not yet: ${named}; set ${from} and deploy, or EKS refuses ` +
    'the step (docs/upgrading.md)';
  return [{ key: 'version', value: to, message }];
}

function addonSteps(standing: StandingCluster['addons'], config: Versions): ConfigFault[] {
  return [...standing].flatMap(([name, from]) => {
    const key = addonKeys[name];
    const to = config[key];
    const message = addonStep(name, from, to);
    return message === undefined ? [] : [{ key, value: to, message }];
  });
}

function addonStep(name: string, from: string, to: string): string | undefined {
  const [before, after] = [partsOf(from), partsOf(to)];
  const differs = before.findIndex((part, index) => part !== after[index]);
  if (differs < 0) return undefined;
  if ((after[differs] ?? 0) < (before[differs] ?? 0)) {
    return `${name} stands at ${from}, and goes up only; set ${from} or a newer one`;
  }
  const [major = 0, minor = 0] = before;
  if (after[0] !== major || (after[1] ?? 0) <= minor + 1) return undefined;
  return `${name} stands at ${from}, and goes up one minor version at a time; set one of v${major}.${minor + 1} first (docs/upgrading.md)`;
}

/** What a deploy does to the versions, in a line: `Kubernetes 1.33 → 1.34, coredns v1.13.2-eksbuild.1, …`. */
export function versionsLine(standing: StandingCluster | undefined, config: Versions): string {
  const names = Object.keys(addonKeys) as AddonName[];
  return [
    `Kubernetes ${change(standing?.version, config.version)}`,
    ...names.map((name) => `${name} ${change(standing?.addons.get(name), config[addonKeys[name]])}`),
  ].join(', ');
}

function change(from: string | undefined, to: string): string {
  if (from === undefined) return `(new) ${to}`;
  return from === to ? to : `${from} → ${to}`;
}

/** The minor version that follows one. */
const above = (version: string) => `1.${minorOf(version) + 1}`;

/** `v1.33.8-eksbuild.4` → [1, 33, 8, 4]. */
const partsOf = (version: string) => (version.match(/\d+/g) ?? []).map(Number);
