import type { z } from 'zod';
import { cluster, clusterExample } from './cluster/outputs.ts';
import { network, networkExample } from './network/outputs.ts';
import { platform, platformExample } from './platform/outputs.ts';
import { registry, registryExample } from './registry/outputs.ts';
import { workloads, workloadsExample } from './workloads/outputs.ts';

/** The schema of what each layer publishes, by layer. A layer's name is its Pulumi project's name and its folder's. */
export const schemas = { network, cluster, registry, platform, workloads };

/** A layer: one Pulumi project. */
export type Layer = keyof typeof schemas;

/** Every layer, each after those it may read. */
export const layers = Object.keys(schemas) as Layer[];

/** What a layer publishes, as plain values. */
export type Contract<L extends Layer> = z.infer<(typeof schemas)[L]>;

const examples: { [L in Layer]: Contract<L> } = {
  network: networkExample,
  cluster: clusterExample,
  registry: registryExample,
  platform: platformExample,
  workloads: workloadsExample,
};

/** A test double of a layer's outputs: valid sample values, yours to change, with some outputs replaced. */
export function exampleOf<L extends Layer>(layer: L, replace: Partial<Contract<L>> = {}): Contract<L> {
  return { ...structuredClone(examples[layer]), ...replace };
}
