import type { WorkloadsConfig } from '@envoy-poc/layers/workloads';
import { Namespace } from '@pulumi/kubernetes/core/v1/namespace.js';
import { namespaceManifest } from './manifests/namespace.ts';
import type { Surroundings } from './surroundings.ts';

/** The namespace. As the parent of all else it is made first and goes last. */
export function createNamespace(config: WorkloadsConfig, { ingress, provider }: Surroundings): Namespace {
  const readinessGates = ingress?.placement !== undefined;
  return new Namespace('envoy_poc_namespace', namespaceManifest(config.namespace, { readinessGates }), {
    provider,
  });
}
