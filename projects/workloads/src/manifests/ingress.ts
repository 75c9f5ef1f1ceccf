import { labels, ports, services, type WorkloadsConfig } from '@envoy-poc/layers/workloads';

/** Where the load balancer stands, for the AWS Load Balancer Controller. */
export interface AwsPlacement {
  subnetIds: readonly string[];
  securityGroupId: string;
  /** AWS tags of the load balancer and what belongs to it. */
  tags: Readonly<Record<string, string>>;
}

/**
 * The load balancer in front of the edges: HTTP 80 from the internet, straight to the pods.
 *
 * @param placement left out on clusters of other kinds
 * @see https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/
 */
export function ingressManifest(config: WorkloadsConfig, ingressClassName: string, placement?: AwsPlacement) {
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
