import type { z } from 'zod';
import { clusterConfig, clusterFaults, withCapacity } from './cluster/settings.ts';
import type { Layer } from './contract.ts';
import { networkConfig, networkFaults } from './network/settings.ts';
import { type ConfigFault, type ParsedConfig, parseConfig } from './parse-config.ts';
import { platformConfig } from './platform/settings.ts';
import { registryConfig } from './registry/settings.ts';
import { configFaults } from './workloads/checks.ts';
import { workloadsConfig } from './workloads/settings.ts';

/** What a layer is told. */
export interface LayerSettings<Schema extends z.ZodObject = z.ZodObject> {
  /** The schema of its configuration, by the keys of `Pulumi.yaml`, which describes them and holds the defaults. */
  readonly schema: Schema;
  /** What the values, each right by itself, get wrong together. */
  readonly faults: (config: z.output<Schema>) => ConfigFault[];
  /** Keys whose values are in the ids of resources, which cannot be secret. */
  readonly shown: readonly (keyof z.output<Schema> & string)[];
  /** Fills in what follows from other values. */
  readonly complete: (config: z.output<Schema>) => z.output<Schema>;
}

function settings<Schema extends z.ZodObject>(
  schema: Schema,
  more: Partial<LayerSettings<Schema>> = {},
): LayerSettings<Schema> {
  return { schema, faults: () => [], shown: [], complete: (config) => config, ...more };
}

/** What each layer is told. */
export const layerSettings = {
  network: settings(networkConfig, { faults: networkFaults }),
  cluster: settings(clusterConfig, { faults: clusterFaults, shown: ['name'], complete: withCapacity }),
  registry: settings(registryConfig, { shown: ['repositoryPrefix'] }),
  platform: settings(platformConfig),
  workloads: settings(workloadsConfig, { faults: configFaults, shown: ['namespace'] }),
} satisfies { readonly [L in Layer]: unknown };

/** The configuration of a layer. */
export type LayerConfig<L extends Layer> = z.output<(typeof layerSettings)[L]['schema']>;

/** Reads a layer's configuration; `get` gives the text of a key, as Pulumi would. */
export function parseLayerConfig<L extends Layer>(
  layer: L,
  get: (key: string) => string | undefined,
): ParsedConfig<LayerConfig<L>> {
  const { schema, complete }: LayerSettings = layerSettings[layer];
  const parsed = parseConfig(schema, get);
  return parsed.ok ? { ok: true, config: complete(parsed.config) as LayerConfig<L> } : parsed;
}

/** What the values of a layer's configuration, each right by itself, get wrong together. */
export function layerFaults<L extends Layer>(layer: L, config: LayerConfig<L>): ConfigFault[] {
  const { faults }: LayerSettings = layerSettings[layer];
  return faults(config);
}
