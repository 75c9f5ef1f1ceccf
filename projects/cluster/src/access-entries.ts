import { entryNameOf } from '@envoy-poc/layers/cluster';
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
