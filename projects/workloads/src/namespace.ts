import { childOptions } from '@envoy-poc/layers/pulumi';
import * as core from '@pulumi/kubernetes/core/v1/namespace.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi';

/** Version of the Pod Security Standards that the namespace holds its pods to. */
const POD_SECURITY_VERSION = 'v1.33';

export interface NamespaceArgs {
  /** In Kubernetes. */
  name: string;
  /**
   * Whether the AWS Load Balancer Controller adds a readiness gate to pods behind it, so that a rolling update goes on
   * only once the load balancer finds the new pod healthy.
   */
  readinessGates: boolean;
}

/** The namespace of the workloads; it refuses every pod that Pod Security `restricted` does not allow. */
export class Namespace extends ComponentResource {
  readonly name: Output<string>;

  constructor(name: string, args: NamespaceArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:workloads:Namespace', name, {}, options);
    const namespace = new core.Namespace(
      'envoy_poc_namespace',
      namespaceManifest(args),
      childOptions(this, options),
    );
    this.name = namespace.metadata.name;
    this.registerOutputs({ name: this.name });
  }
}

function namespaceManifest({ name, readinessGates }: NamespaceArgs) {
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
