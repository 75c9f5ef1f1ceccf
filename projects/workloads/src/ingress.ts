import { childOptions } from '@envoy-poc/layers/pulumi';
import { labels, ports, services, type WorkloadsConfig } from '@envoy-poc/layers/workloads';
import * as networking from '@pulumi/kubernetes/networking/v1/ingress.js';
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
} from '@pulumi/pulumi';

/** Where the load balancer stands, for the AWS Load Balancer Controller. */
export interface AwsPlacement {
  subnetIds: readonly string[];
  securityGroupId: string;
  /** AWS tags of the load balancer and what belongs to it. */
  tags: Readonly<Record<string, string>>;
}

export interface IngressArgs {
  config: WorkloadsConfig;
  className: Input<string>;
  /** Left out on clusters of other kinds. */
  placement?: Input<AwsPlacement>;
}

/**
 * The load balancer in front of the edges. Done when it has an address; its deletion, when the controller has taken it
 * down and removed its finalizer, so that nothing of it is left for later layers.
 */
export class Ingress extends ComponentResource {
  /** Its DNS name, or its address where it has no name. */
  readonly hostname: Output<string>;

  constructor(name: string, args: IngressArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:workloads:Ingress', name, {}, options);
    const { metadata, spec } = all([args.className, args.placement]).apply(([className, placement]) =>
      ingressManifest(args.config, className, placement),
    );
    const ingress = new networking.Ingress(
      'envoy_poc_edge_ingress',
      { metadata, spec },
      { ...childOptions(this, options), customTimeouts: { create: '10m', delete: '15m' } },
    );
    this.hostname = ingress.status.apply((status) => {
      const [address] = status?.loadBalancer?.ingress ?? [];
      return address?.hostname ?? address?.ip ?? '';
    });
    this.registerOutputs({ hostname: this.hostname });
  }
}

/**
 * The load balancer in front of the edges: HTTP 80 from the internet, straight to the pods.
 *
 * @see https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/
 */
function ingressManifest(config: WorkloadsConfig, ingressClassName: string, placement?: AwsPlacement) {
  const alb = (annotations: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(annotations).map(([name, value]) => [`alb.ingress.kubernetes.io/${name}`, value]),
    );
  return {
    metadata: {
      name: services.edge,
      namespace: config.namespace,
      labels: labels('edge'),
      annotations: alb({
        scheme: 'internet-facing',
        'listen-ports': JSON.stringify([{ HTTP: 80 }]),
        'target-type': 'ip',
        'load-balancer-attributes': `idle_timeout.timeout_seconds=${config.albIdleTimeoutSeconds}`,
        'healthcheck-path': '/healthz',
        'healthcheck-interval-seconds': '10',
        'healthcheck-timeout-seconds': '5',
        // A draining edge serves its open connections this long, so the load balancer keeps them as long.
        'target-group-attributes': `deregistration_delay.timeout_seconds=${config.edgeDrainSeconds}`,
        ...(placement && {
          subnets: placement.subnetIds.join(','),
          'security-groups': placement.securityGroupId,
          // The network layer owns the rules between load balancer and nodes.
          'manage-backend-security-group-rules': 'false',
          tags: Object.entries(placement.tags)
            .map(([key, value]) => `${key}=${value}`)
            .join(','),
        }),
      }),
    },
    spec: {
      ingressClassName,
      rules: [
        {
          http: {
            paths: [
              {
                path: '/',
                pathType: 'Prefix',
                backend: { service: { name: services.edge, port: { number: ports.edge } } },
              },
            ],
          },
        },
      ],
    },
  };
}
