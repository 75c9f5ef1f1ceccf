import type { WorkloadsConfig } from '@envoy-poc/layers/workloads';
import { Deployment } from '@pulumi/kubernetes/apps/v1/deployment.js';
import { ConfigMap } from '@pulumi/kubernetes/core/v1/configMap.js';
import { Service } from '@pulumi/kubernetes/core/v1/service.js';
import { ServiceAccount } from '@pulumi/kubernetes/core/v1/serviceAccount.js';
import { PodDisruptionBudget } from '@pulumi/kubernetes/policy/v1/podDisruptionBudget.js';
import { all, type CustomResourceOptions } from '@pulumi/pulumi';
import { edgeConfigMap, edgeDeployment, edgeManifests } from './manifests/edge.ts';
import type { Surroundings } from './surroundings.ts';

/** The edges' Deployment and what it stands on; done when every pod is ready. */
export function createEdge(
  config: WorkloadsConfig,
  image: string,
  { loadBalancerCidrs, internalCidrs }: Surroundings,
  options: CustomResourceOptions,
): Deployment {
  const configMap = all([loadBalancerCidrs ?? [], internalCidrs]).apply(
    ([trustedProxyCidrs, internalCidrs]) => edgeConfigMap(config, { trustedProxyCidrs, internalCidrs }),
  );
  const deployment = configMap.apply(({ metadata }) => edgeDeployment(config, image, metadata.name));
  const manifests = edgeManifests(config);
  const base = [
    new ServiceAccount('envoy_poc_edge_service_account', manifests.serviceAccount, options),
    new Service('envoy_poc_edge_service', manifests.service, options),
    new PodDisruptionBudget('envoy_poc_edge_pod_disruption_budget', manifests.podDisruptionBudget, options),
    new ConfigMap(
      'envoy_poc_edge_config_map',
      { metadata: configMap.metadata, data: configMap.data, immutable: configMap.immutable },
      // The old version goes when no edge reads it any more.
      { ...options, deleteBeforeReplace: false },
    ),
  ];
  return new Deployment(
    'envoy_poc_edge_deployment',
    { metadata: deployment.metadata, spec: deployment.spec },
    { ...options, dependsOn: base },
  );
}
