import type { Layer } from './contract.ts';
import { layerNames, type PlatformStack } from './platform-file.ts';

/** A stack's names in tests, which hold whatever `platform.yaml` says. */
export const namesInTests = {
  ...{ region: 'us-east-1', profile: 'set-cfndev-ina-a', kubectlProfile: 'avive-cfndev-k8s' },
  ...{ vpcName: 'envoy-vpc', clusterName: 'envoy-poc', repositoryPrefix: 'cfndev-envoy-proxy-poc' },
  namespace: 'envoy-poc',
} as const satisfies PlatformStack;

/** The same in a layer's configuration, by full key, with the tags. */
export function configInTests(layer: string): Record<string, unknown> {
  const names: Partial<Record<string, object>> = layerNames(namesInTests);
  const own = Object.entries(names[layer as Layer] ?? {}).map(([key, value]) => [`${layer}:${key}`, value]);
  return { 'aws:defaultTags': { tags: { project: 'envoy-poc' } }, ...Object.fromEntries(own) };
}
