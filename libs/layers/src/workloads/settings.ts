import { demandSchema, limitsSchema } from '@envoy-poc/edge/limits';
import { z } from 'zod';
import { type AppWorkload, appWorkloads } from '../apps.ts';
import { imageByDigest } from '../image-reference.ts';

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be a Kubernetes name: lower case, digits, hyphens');
const requests = z.strictObject({
  cpu: z.string('must be millicores, such as 25m').regex(/^[1-9]\d*m$/, 'must be millicores, such as 25m'),
  memory: z
    .string('must be mebibytes, such as 64Mi')
    .regex(/^[1-9]\d*Mi$/, 'must be mebibytes, such as 64Mi'),
});

/**
 * The configuration of this layer, by the keys of `Pulumi.yaml`, which describes them. The defaults of limits and demand
 * are those of `libs/edge`, the others' are in `Pulumi.yaml`.
 */
export const workloadsConfig = z.object({
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
  namespace: name,
  serverImage: imageByDigest.optional(),
  edgeImage: imageByDigest,
  clientImage: imageByDigest.optional(),
  pickerImage: imageByDigest.optional(),
  ...limitsSchema.shape,
  ...demandSchema.shape,
  requests: z.strictObject({ server: requests, edge: requests, client: requests, picker: requests }),
  ingressClassName: name.optional(),
  // In one order whatever the list's, or another order would roll the edges.
  loadBalancerCidrs: z
    .array(
      z
        .cidrv4('must be an IPv4 range such as 10.0.0.0/16')
        .refine(
          (range) => !range.endsWith('/0'),
          'this would let everybody forge a client address: name the load balancer’s subnets',
        ),
    )
    .transform((ranges) => ranges.toSorted()),
  monitoringNamespace: name.optional(),
});

/** The configuration of this layer. */
export type WorkloadsConfig = z.infer<typeof workloadsConfig>;

/** The workloads of our apps that a configuration runs. */
export function appWorkloadsOf({ admission }: Pick<WorkloadsConfig, 'admission'>): AppWorkload[] {
  return appWorkloads.filter((workload) => workload !== 'picker' || admission === 'exact');
}

/** Whether this layer runs on a cluster of its own, without the other four. */
export function isAlone(config: WorkloadsConfig): boolean {
  return config.kubeconfig !== undefined || config.context !== undefined;
}
