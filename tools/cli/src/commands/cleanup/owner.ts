import type { StackTags } from '@envoy-poc/layers';

/** A tag of a resource; services spell it in different ways. */
export interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** Whose a resource is by its tags; `unknown`: they do not say. */
export type Owner = 'ours' | 'others' | 'unknown';

/** Tags that name a cluster by their value, and who sets them: the load balancer controller, EKS, the VPC CNI, the EBS driver. */
const clusterTags = [
  'elbv2.k8s.aws/cluster',
  'aws:eks:cluster-name',
  'eks:cluster-name',
  'cluster.k8s.amazonaws.com/name',
  'KubernetesCluster',
];

/** The beginning of tags that name a cluster by their key. */
const clusterKey = 'kubernetes.io/cluster/';

/**
 * Whose a resource is. The layers tag what they make with project and stack, and the tags of a stack go before the name
 * of a cluster, which AWS and Kubernetes leave on what they make.
 *
 * @param clusterName undefined: a cluster's name tells nothing
 */
export function ownerOf(
  tags: readonly Tag[] | undefined,
  { project, stack, clusterName }: StackTags & { readonly clusterName: string | undefined },
): Owner {
  const values = new Map(tags?.map(({ Key = '', Value = '' }) => [Key, Value]));
  if (values.get('project') === project && values.has('stack')) {
    return values.get('stack') === stack ? 'ours' : 'others';
  }
  const names = [...values].flatMap(([key, value]) => {
    if (clusterTags.includes(key)) return [value];
    return key.startsWith(clusterKey) ? [key.slice(clusterKey.length)] : [];
  });
  if (names.length === 0) return 'unknown';
  return clusterName !== undefined && names.includes(clusterName) ? 'ours' : 'others';
}

/** Tags from a map. */
export const tagsOf = (map: Readonly<Record<string, string>> | undefined): Tag[] =>
  Object.entries(map ?? {}).map(([Key, Value]) => ({ Key, Value }));
