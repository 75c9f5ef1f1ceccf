import type { WorkloadsConfig } from '@envoy-poc/layers/workloads';
import { Ingress } from '@pulumi/kubernetes/networking/v1/ingress.js';
import { all, type CustomResourceOptions, type Output } from '@pulumi/pulumi';
import { ingressManifest } from './manifests/ingress.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * The load balancer in front of the edges, unless there is none here. Done when it has an address; its deletion, when
 * the controller has taken it down and removed its finalizer, so that nothing of it is left for later layers.
 *
 * @returns its DNS name, or its address where it has no name
 */
export function createIngress(
  config: WorkloadsConfig,
  { ingress }: Surroundings,
  options: CustomResourceOptions,
): Output<string> | undefined {
  if (!ingress) return undefined;
  const { metadata, spec } = all([ingress.className, ingress.placement]).apply(([className, placement]) =>
    ingressManifest(config, className, placement),
  );
  const resource = new Ingress(
    'envoy_poc_edge_ingress',
    { metadata, spec },
    { ...options, customTimeouts: { create: '10m', delete: '15m' } },
  );
  return resource.status.apply((status) => {
    const [address] = status?.loadBalancer?.ingress ?? [];
    return address?.hostname ?? address?.ip ?? '';
  });
}
