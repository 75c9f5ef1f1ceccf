import { type Architecture, architectureOf, minorOf } from '@envoy-poc/aws-facts';
import { z } from 'zod';
import { cidrs } from '../network/cidr.ts';
import { isPrivate } from '../network/ipv4.ts';
import type { ConfigFault } from '../parse-config.ts';
import { nodesFor, PODS_ON_EACH_NODE, roomOn } from '../pods.ts';
import { podsPerNode } from './instance-types.ts';
import { principalArns } from './principal-arn.ts';

/** What CloudWatch accepts (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html). */
const retentionDays = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827];

const count = z.int('a whole number').min(1, 'must be 1 or more');
/** The add-ons, and the key that has the version of each. */
export const addonKeys = {
  'vpc-cni': 'vpcCniVersion',
  'kube-proxy': 'kubeProxyVersion',
  coredns: 'coreDnsVersion',
  'eks-pod-identity-agent': 'podIdentityAgentVersion',
} as const;

/** The name of an add-on in EKS. */
export type AddonName = keyof typeof addonKeys;

const minorVersion = 'a Kubernetes minor version such as 1.33';
const addonVersion = z
  .string()
  .regex(/^v\d+\.\d+\.\d+-eksbuild\.\d+$/, 'an add-on version such as v1.33.8-eksbuild.4');
/** Node images of EKS, by the processors they run on. */
const amiTypes = {
  AL2023_x86_64_STANDARD: 'x86_64',
  AL2023_ARM_64_STANDARD: 'arm64',
  AL2_x86_64: 'x86_64',
  AL2_ARM_64: 'arm64',
} as const satisfies Record<string, Architecture>;

/** The image to use, by the nodes' processors. */
export const currentImage = { x86_64: 'AL2023_x86_64_STANDARD', arm64: 'AL2023_ARM_64_STANDARD' } as const;

/** The configuration of the cluster layer, by the keys of `Pulumi.yaml`, which describes them and holds the defaults. */
export const clusterConfig = z.object({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, 'letters, digits, hyphens and underscores, at most 100'),
  version: z.string(minorVersion).regex(/^1\.\d+$/, minorVersion),
  amiType: z.enum(
    Object.keys(amiTypes) as (keyof typeof amiTypes)[],
    `${Object.keys(amiTypes).join(', ')}: one of these`,
  ),
  instanceType: z.string().regex(/^[a-z0-9-]+\.[a-z0-9]+$/, 'an instance type such as t3.medium'),
  podsPerNode: z.int('a whole number').min(0, 'must be 0 or more'),
  plannedPods: z.int('a whole number').min(0, 'must be 0 or more'),
  desiredNodes: count,
  minNodes: count,
  maxNodes: count,
  nodeDiskGigabytes: z.int('a whole number').min(20, 'must be 20 or more, which the node image needs'),
  adminPrincipalArns: principalArns,
  kubectlProfile: z.string().min(1),
  // https://docs.aws.amazon.com/eks/latest/APIReference/API_VpcConfigRequest.html
  publicAccessCidrs: cidrs.superRefine((ranges, { addIssue }) => {
    const reserved = ranges.filter(isPrivate);
    if (reserved.length > 0)
      addIssue(
        `${reserved.join(' and ')} is private; EKS takes public ranges only: name those that your network leaves by`,
      );
  }),
  logRetentionDays: z
    .int('a whole number')
    .refine((days) => retentionDays.includes(days), `one of ${retentionDays.join(', ')}`),
  vpcCniVersion: addonVersion,
  kubeProxyVersion: addonVersion,
  coreDnsVersion: addonVersion,
  podIdentityAgentVersion: addonVersion,
});

/** The configuration of the cluster layer. As {@link withCapacity} gives it, `podsPerNode` is known. */
export type ClusterConfig = z.infer<typeof clusterConfig>;

/** How many pods a node holds, as configured or by its instance type; undefined for a type that is not known. */
function capacityOf(config: ClusterConfig): number | undefined {
  return config.podsPerNode > 0 ? config.podsPerNode : podsPerNode[config.instanceType];
}

/** The configuration with `podsPerNode` filled in where the instance type tells it. */
export function withCapacity(config: ClusterConfig): ClusterConfig {
  return { ...config, podsPerNode: capacityOf(config) ?? 0 };
}

/** What the values, each right by itself, get wrong together. */
export function clusterFaults(config: ClusterConfig): ConfigFault[] {
  return [...imageFaults(config), ...addonFaults(config), ...sizeFaults(config), ...capacityFaults(config)];
}

/**
 * Whether there is a node image for the Kubernetes version, and the nodes can run it
 * (https://docs.aws.amazon.com/eks/latest/userguide/eks-ami-deprecation-faqs.html,
 * https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html).
 */
export function imageFaults({ amiType, version, instanceType }: ClusterConfig): ConfigFault[] {
  const processors = architectureOf(instanceType);
  const fault = (what: string) => [
    { key: 'amiType', value: amiType, message: `${what}; use ${currentImage[processors]}` },
  ];
  if (amiType.startsWith('AL2_') && minorOf(version) >= 33) {
    return fault(`AL2 images end at Kubernetes 1.32, and cluster:version is ${version}`);
  }
  if (amiTypes[amiType] === processors) return [];
  return fault(`is an image for ${amiTypes[amiType]}, and ${instanceType} has ${processors} processors`);
}

function addonFaults({ version, kubeProxyVersion }: ClusterConfig): ConfigFault[] {
  if (kubeProxyVersion.startsWith(`v${version}.`)) return [];
  const message =
    `belongs to another Kubernetes version than cluster:version, which is ${version}; list the right ones with ` +
    `aws eks describe-addon-versions --addon-name kube-proxy --kubernetes-version ${version}`;
  return [{ key: 'kubeProxyVersion', value: kubeProxyVersion, message }];
}

function sizeFaults({ minNodes, desiredNodes, maxNodes }: ClusterConfig): ConfigFault[] {
  if (minNodes <= desiredNodes && desiredNodes <= maxNodes) return [];
  const message = `must lie between cluster:minNodes, which is ${minNodes}, and cluster:maxNodes, which is ${maxNodes}`;
  return [{ key: 'desiredNodes', value: desiredNodes, message }];
}

/** Whether the planned pods fit on the fewest nodes. */
export function capacityFaults(config: ClusterConfig): ConfigFault[] {
  const { instanceType, plannedPods, minNodes } = config;
  const capacity = capacityOf(config);
  if (capacity === undefined) {
    const message =
      `how many pods it holds is not known here; set cluster:podsPerNode (network interfaces x (addresses of each ` +
      `- 1) + 2; aws ec2 describe-instance-types --instance-types ${instanceType} tells both)`;
    return [{ key: 'instanceType', value: instanceType, message }];
  }
  if (plannedPods <= roomOn(minNodes, capacity)) return [];
  const enough = nodesFor(plannedPods, capacity);
  const nextStep = `use ${enough === undefined ? '' : `${enough} nodes or `}a larger instance type`;
  const pods = plannedPods + PODS_ON_EACH_NODE * minNodes;
  const message =
    `${minNodes} x ${instanceType} hold ${capacity * minNodes} pods, and ${pods} are planned (${plannedPods}, and ` +
    `${PODS_ON_EACH_NODE} on each node); ${nextStep}`;
  return [{ key: 'minNodes', value: minNodes, message }];
}
