import type * as eks from '@pulumi/eks';

/** https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html */
const ADMIN_POLICY = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';

/**
 * Access entries that make principals administrators of the cluster. Each is named after its principal, so that the
 * order of the list does not matter.
 */
export function accessEntriesOf(
  principalArns: readonly string[],
): NonNullable<eks.ClusterArgs['accessEntries']> {
  return Object.fromEntries(
    principalArns.map((principalArn) => [
      entryNameOf(principalArn),
      {
        principalArn,
        accessPolicies: { admin: { policyArn: ADMIN_POLICY, accessScope: { type: 'cluster' } } },
      },
    ]),
  );
}

/** What a principal's entry is called: `arn:aws:iam::123456789012:role/path/Platform-Engineer` → `role_path_platform_engineer`. */
export function entryNameOf(principalArn: string): string {
  return (principalArn.split(':').at(-1) ?? '').toLowerCase().replace(/[^a-z0-9]+/g, '_');
}
