import { type ConfigFault, type Layer, parseConfig } from '@envoy-poc/layers';
import { type ClusterConfig, capacityOf, clusterConfig } from '@envoy-poc/layers/cluster';
import { type NetworkConfig, networkConfig } from '@envoy-poc/layers/network';
import { platformConfig } from '@envoy-poc/layers/platform';
import { registryConfig } from '@envoy-poc/layers/registry';
import { type WorkloadsConfig, workloadsConfig } from '@envoy-poc/layers/workloads';
import type { z } from 'zod';
import { CheckError, type StackSettings } from '#runtime';

/** The parsed configurations that checks look into. */
export interface LayerConfigs {
  network: NetworkConfig;
  cluster: ClusterConfig;
  workloads: WorkloadsConfig;
}

/** The schema of each layer's configuration. */
const configSchemas: Record<Layer, z.ZodObject> = {
  network: networkConfig,
  cluster: clusterConfig,
  registry: registryConfig,
  platform: platformConfig,
  workloads: workloadsConfig,
};

/**
 * Reads a layer's configuration; `podsPerNode` of the cluster is filled in where the instance type tells it.
 *
 * @throws {CheckError} with every value that is wrong by itself
 */
export function layerConfig<L extends keyof LayerConfigs>(
  settings: StackSettings & { layer: L },
): LayerConfigs[L];
export function layerConfig(settings: StackSettings): unknown;
export function layerConfig(settings: StackSettings): unknown {
  const parsed = parseConfig(configSchemas[settings.layer], settings.get);
  if (!parsed.ok) throw faultError(settings, parsed.faults);
  if (settings.layer !== 'cluster') return parsed.config;
  const cluster = clusterConfig.parse(parsed.config);
  return { ...cluster, podsPerNode: capacityOf(cluster) ?? 0 };
}

/** What is wrong with a configuration, as a check says it. */
export function faultError(
  { layer, stack }: Pick<StackSettings, 'layer' | 'stack'>,
  faults: readonly ConfigFault[],
): CheckError {
  const lines = faults.map(({ key, value, message }) => {
    const seen = value === undefined ? 'is not set' : `= ${JSON.stringify(value)}`;
    return `${layer}:${key} ${seen}: ${message}`;
  });
  const key = faults[0]?.key.split('.')[0];
  return new CheckError(
    lines.join('\n'),
    `cd projects/${layer} && pulumi config set ${layer}:${key} <value> --stack ${stack}`,
  );
}
