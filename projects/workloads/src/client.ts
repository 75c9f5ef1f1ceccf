import type { WorkloadsConfig } from '@envoy-poc/layers/workloads';
import { Deployment } from '@pulumi/kubernetes/apps/v1/deployment.js';
import { ServiceAccount } from '@pulumi/kubernetes/core/v1/serviceAccount.js';
import type { CustomResourceOptions } from '@pulumi/pulumi';
import { clientManifests } from './manifests/client.ts';

/** The clients' Deployment; done when every pod is ready. */
export function createClient(
  config: WorkloadsConfig,
  image: string,
  options: CustomResourceOptions,
): Deployment {
  const manifests = clientManifests(config, image);
  const serviceAccount = new ServiceAccount(
    'envoy_poc_app_client_service_account',
    manifests.serviceAccount,
    options,
  );
  return new Deployment('envoy_poc_app_client_deployment', manifests.deployment, {
    ...options,
    dependsOn: serviceAccount,
  });
}
