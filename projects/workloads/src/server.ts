import type { WorkloadsConfig } from '@envoy-poc/layers/workloads';
import { Deployment } from '@pulumi/kubernetes/apps/v1/deployment.js';
import { Service } from '@pulumi/kubernetes/core/v1/service.js';
import { ServiceAccount } from '@pulumi/kubernetes/core/v1/serviceAccount.js';
import { PodDisruptionBudget } from '@pulumi/kubernetes/policy/v1/podDisruptionBudget.js';
import type { CustomResourceOptions } from '@pulumi/pulumi';
import { serverManifests } from './manifests/server.ts';

/** The server's Deployment and what it stands on; done when every pod is ready. */
export function createServer(
  config: WorkloadsConfig,
  image: string,
  options: CustomResourceOptions,
): Deployment {
  const manifests = serverManifests(config, image);
  const base = [
    new ServiceAccount('envoy_poc_app_server_service_account', manifests.serviceAccount, options),
    new Service('envoy_poc_app_server_service', manifests.service, options),
    new Service('envoy_poc_app_server_headless_service', manifests.headlessService, options),
    new PodDisruptionBudget(
      'envoy_poc_app_server_pod_disruption_budget',
      manifests.podDisruptionBudget,
      options,
    ),
  ];
  return new Deployment('envoy_poc_app_server_deployment', manifests.deployment, {
    ...options,
    dependsOn: base,
  });
}
