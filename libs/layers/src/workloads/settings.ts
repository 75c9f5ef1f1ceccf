import { z } from 'zod';

const whole = z.int('must be a whole number').min(1, 'must be 1 or more');
const seconds = z.int('must be whole seconds').min(1, 'must be 1 second or more');
const rate = z.number('must be a number').positive('must be above 0 a second');
const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be a Kubernetes name: lower case, digits, hyphens');
const image = z
  .string()
  .regex(
    /^[^\s@]+@sha256:[0-9a-f]{64}$/,
    'must name an image by digest, such as registry.example/app@sha256:<64 hexadecimal digits>',
  );
const requests = z.strictObject({
  cpu: z.string('must be millicores, such as 25m').regex(/^[1-9]\d*m$/, 'must be millicores, such as 25m'),
  memory: z
    .string('must be mebibytes, such as 64Mi')
    .regex(/^[1-9]\d*Mi$/, 'must be mebibytes, such as 64Mi'),
});

/** The configuration of this layer, by the keys of `Pulumi.yaml`, which describes them and holds the defaults. */
export const workloadsConfig = z.object({
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
  namespace: name,
  serverImage: image.optional(),
  edgeImage: image,
  clientImage: image.optional(),
  serverReplicas: whole,
  connectionsPerPod: whole,
  messagesPerSecondPerConnection: whole.max(1_000_000, 'must be 1000000 or less'),
  // The server's payload limit, and what one read brings, have to fit into four seconds of it.
  bytesPerSecondPerConnection: whole
    .min(16_384, 'must be 16384 or more')
    .max(2 ** 30, 'must be 1073741824 or less'),
  serverDrainSeconds: seconds,
  edgeReplicas: whole,
  newConnectionsPerSecond: rate,
  newConnectionsPerSecondPerClient: rate.optional(),
  edgeDrainSeconds: seconds,
  clientReplicas: z.int('must be a whole number').min(0, 'must be 0 or more'),
  connectionsPerClient: whole,
  attemptIntervalSeconds: seconds,
  messageIntervalMinSeconds: seconds,
  messageIntervalMaxSeconds: seconds,
  pingIntervalSeconds: seconds,
  // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
  albIdleTimeoutSeconds: seconds.max(4000, 'must be 4000 or less: a load balancer takes no more'),
  streamIdleTimeoutSeconds: seconds,
  requests: z.strictObject({ server: requests, edge: requests, client: requests }),
  ingressClassName: name.optional(),
  // In one order whatever the list's, or another order would roll the edges.
  loadBalancerCidrs: z
    .array(z.cidrv4('must be an IPv4 range such as 10.0.0.0/16'))
    .transform((ranges) => ranges.toSorted()),
  monitoringNamespace: name.optional(),
});

/** The configuration of this layer. */
export type WorkloadsConfig = z.infer<typeof workloadsConfig>;

/** Whether this layer runs on a cluster of its own, without the other four. */
export function isAlone(config: WorkloadsConfig): boolean {
  return config.kubeconfig !== undefined || config.context !== undefined;
}
