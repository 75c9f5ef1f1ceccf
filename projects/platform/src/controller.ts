import { controllerName, controllerNamespace, ingressClassName } from '@envoy-poc/layers/platform';
import { childOptions } from '@envoy-poc/layers/pulumi';
import { Release } from '@pulumi/kubernetes/helm/v3/release.js';
import { ComponentResource, type ComponentResourceOptions, type Input } from '@pulumi/pulumi';

/** What the controller has to be told, because nodes let no pod ask the instance metadata service. */
export interface ControllerArgs {
  chartVersion: string;
  clusterName: Input<string>;
  region: Input<string>;
  vpcId: Input<string>;
  /** A change of the association makes new pods, because it takes effect only when a pod starts. */
  podIdentityAssociationId: Input<string>;
}

/** Time for the controller's image to be pulled and its webhook to be up, in seconds. */
const TIMEOUT_SECONDS = 600;

/**
 * The AWS Load Balancer Controller, by Helm. A Release and not a Chart: the chart makes the webhook's certificate
 * itself and looks up the one it made before, which only an installing Helm can. It is done when both replicas are
 * ready, and they are when their webhook listens; an upgrade that does not get there is rolled back.
 *
 * @see https://github.com/kubernetes-sigs/aws-load-balancer-controller/tree/main/helm/aws-load-balancer-controller
 */
export class Controller extends ComponentResource {
  constructor(name: string, args: ControllerArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:platform:Controller', name, {}, options);
    new Release(
      'envoy_poc_load_balancer_controller',
      {
        name: controllerName,
        namespace: controllerNamespace,
        chart: controllerName,
        version: args.chartVersion,
        repositoryOpts: { repo: 'https://aws.github.io/eks-charts' },
        atomic: true,
        cleanupOnFail: true,
        timeout: TIMEOUT_SECONDS,
        maxHistory: 5,
        values: controllerValues(args),
      },
      childOptions(this, options),
    );
    this.registerOutputs();
  }
}

function controllerValues({ clusterName, region, vpcId, podIdentityAssociationId }: ControllerArgs) {
  return {
    clusterName,
    region,
    vpcId,
    replicaCount: 2,
    podDisruptionBudget: { maxUnavailable: 1 },
    serviceAccount: { create: true, name: controllerName },
    podAnnotations: { 'envoy-poc/pod-identity-association': podIdentityAssociationId },
    resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    // With it on, every Service of the cluster waits for this webhook to be created.
    enableServiceMutatorWebhook: false,
    // A pod can always start; without the webhook it only lacks its readiness gate.
    podMutatorWebhookConfig: { failurePolicy: 'Ignore' },
    // Without it each upgrade makes another certificate, and the API server cannot reach the webhooks for a minute.
    keepTLSSecret: true,
    // This layer makes the class itself, through the webhook.
    ingressClass: ingressClassName,
    createIngressClassResource: false,
    ingressClassParams: { create: false },
    defaultTargetType: 'ip',
    // Its role allows none of these.
    enableBackendSecurityGroup: false,
    enableShield: false,
    enableWaf: false,
    enableWafv2: false,
  };
}
