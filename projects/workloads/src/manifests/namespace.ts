/** Version of the Pod Security Standards that the namespace holds its pods to. */
const POD_SECURITY_VERSION = 'v1.33';

/**
 * The namespace of the workloads; it refuses every pod that Pod Security `restricted` does not allow.
 *
 * @param readinessGates whether the AWS Load Balancer Controller adds a readiness gate to pods behind it, so that a
 *   rolling update goes on only once the load balancer finds the new pod healthy
 */
export function namespaceManifest(name: string, { readinessGates }: { readinessGates: boolean }) {
  return {
    metadata: {
      name,
      labels: {
        'app.kubernetes.io/part-of': 'envoy-poc',
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/enforce-version': POD_SECURITY_VERSION,
        'pod-security.kubernetes.io/warn': 'restricted',
        'pod-security.kubernetes.io/warn-version': POD_SECURITY_VERSION,
        ...(readinessGates && { 'elbv2.k8s.aws/pod-readiness-gate-inject': 'enabled' }),
      },
    },
  };
}
