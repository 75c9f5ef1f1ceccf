import { kubernetesProvider, layerTags, read, readOwn, StackConfigError } from '@envoy-poc/layers/pulumi';
import {
  checkRepositories,
  type Images,
  placementFaults,
  type WorkloadsConfig,
} from '@envoy-poc/layers/workloads';
import { Provider } from '@pulumi/kubernetes/provider.js';
import * as pulumi from '@pulumi/pulumi';
import type { AwsPlacement } from './ingress.ts';
import { type LeftNamespace, renameFaults } from './rename.ts';

/** The cluster that the workloads go to, and what they are told of it. */
export interface Destination {
  /** The cluster. */
  provider: Provider;
  /** The IPv4 ranges that the load balancer connects from. Left out: there is none. */
  loadBalancerCidrs?: pulumi.Output<readonly string[]>;
  /** The IPv4 ranges that Envoy treats as internal. */
  internalCidrs: pulumi.Output<readonly string[]>;
  /** Left out: there is no Ingress. */
  ingress?: { className: pulumi.Input<string>; placement?: pulumi.Output<AwsPlacement> };
}

/** A cluster of its own, as configured. */
export function standalone(config: WorkloadsConfig): Destination {
  const { kubeconfig, context, ingressClassName, loadBalancerCidrs } = config;
  return {
    provider: new Provider('envoy_poc_kubernetes', {
      ...(kubeconfig !== undefined && { kubeconfig }),
      ...(context !== undefined && { context }),
    }),
    ...(loadBalancerCidrs.length > 0 && { loadBalancerCidrs: pulumi.output(loadBalancerCidrs) }),
    internalCidrs: pulumi.output([]),
    ...(ingressClassName !== undefined && { ingress: { className: ingressClassName } }),
  };
}

/**
 * The network, cluster, registry and platform of the stack of the same name.
 *
 * @param checkNodes is given the nodes' image type, and throws when the images do not run on it
 * @throws {pulumi.RunError} when one is missing, the pods do not fit on the nodes, or an image is not in the registry
 */
export async function onLayers(
  config: WorkloadsConfig,
  images: Images,
  checkNodes: (amiType: string) => void = () => {},
  left?: LeftNamespace,
): Promise<Destination> {
  const network = await read('network');
  const cluster = await read('cluster');
  const registry = await read('registry');
  const platform = await read('platform');

  const nodes = await deployed(cluster.nodes);
  const placed = placementFaults(config, nodes);
  const faults = placed.length === 0 && left ? renameFaults(config, nodes, left) : placed;
  if (faults.length > 0) throw new StackConfigError(faults);
  checkNodes(nodes.amiType);
  checkRepositories(config, images, await deployed(registry.repositories), pulumi.getStack());

  const { loadBalancerCidrs } = config;
  return {
    provider: kubernetesProvider(cluster),
    loadBalancerCidrs: network.publicSubnets.apply((subnets) =>
      loadBalancerCidrs.length > 0 ? loadBalancerCidrs : subnets.map(({ cidr }) => cidr),
    ),
    internalCidrs: network.internalCidrs,
    ingress: {
      className: config.ingressClassName ?? platform.ingressClassName,
      placement: pulumi.all([network.publicSubnets, network.securityGroupIds]).apply(
        ([publicSubnets, securityGroupIds]): AwsPlacement => ({
          subnetIds: publicSubnets.map(({ id }) => id),
          securityGroupId: securityGroupIds.alb,
          tags: layerTags(),
        }),
      ),
    },
  };
}

/** The images that this stack runs now; undefined when nothing is deployed. */
export async function runningImages(): Promise<Images | undefined> {
  const { images } = await readOwn('workloads');
  return images;
}

/** The value of a deployed stack's output. It is known, in a preview too. */
function deployed<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}
