import { join } from 'node:path';
import { demandSchema, limitsSchema } from '@envoy-poc/edge';
import { imagesFolder } from '@envoy-poc/layers';
import { plainly, publish, readLayerConfig, readOwn } from '@envoy-poc/layers/pulumi';
import {
  capacityNote,
  checkPlatforms,
  deployments,
  imagesOf,
  isAlone,
  previewImagesOf,
  services,
  statefulSets,
} from '@envoy-poc/layers/workloads';
import * as pulumi from '@pulumi/pulumi';
import { Client } from './client.ts';
import { onLayers, runningImages, standalone } from './destination.ts';
import { Edge } from './edge.ts';
import { Ingress } from './ingress.ts';
import { Namespace } from './namespace.ts';
import { NetworkPolicies } from './network-policies.ts';
import { Picker } from './picker.ts';
import { leftNamespace, renameWarning } from './rename.ts';
import { Server } from './server.ts';

const workspace = join(import.meta.dirname, '../../..');

/** The workloads layer. */
export default async function workloads() {
  const config = readLayerConfig('workloads');
  const pushed = [config, join(workspace, imagesFolder), pulumi.getStack()] as const;
  const images = await plainly(() =>
    pulumi.runtime.isDryRun() ? previewImagesOf(...pushed, runningImages) : imagesOf(...pushed),
  );
  const left = leftNamespace(config, await readOwn('workloads'));
  if (left) await pulumi.log.warn(renameWarning(config, left));
  const destination = await plainly(() =>
    isAlone(config)
      ? standalone(config)
      : onLayers(config, images, (amiType) => checkPlatforms(...pushed, amiType), left),
  );
  await pulumi.log.info(capacityNote(config));

  const providers = [destination.provider];
  const namespace = new Namespace(
    'envoy_poc_namespace',
    { name: config.namespace, readinessGates: destination.ingress?.placement !== undefined },
    { providers },
  );
  const policies = new NetworkPolicies(
    'envoy_poc_network_policies',
    {
      namespace: config.namespace,
      monitoringNamespace: config.monitoringNamespace,
      pickers: config.admission === 'exact',
      loadBalancerCidrs: destination.loadBalancerCidrs,
    },
    { providers, dependsOn: namespace },
  );
  const server = new Server(
    'envoy_poc_app_server',
    { config, image: images.server },
    { providers, dependsOn: policies },
  );
  const picker =
    images.picker !== undefined &&
    new Picker(
      'envoy_poc_endpoint_picker',
      { config, image: images.picker },
      { providers, dependsOn: policies },
    );
  const edge = new Edge(
    'envoy_poc_edge',
    { config, image: images.edge, destination },
    { providers, dependsOn: picker ? [server, picker] : server },
  );
  new Client('envoy_poc_app_client', { config, image: images.client }, { providers, dependsOn: edge });
  const ingress =
    destination.ingress &&
    new Ingress('envoy_poc_edge_ingress', { config, ...destination.ingress }, { providers, dependsOn: edge });

  const { pickerHeadless: _, ...withoutPicker } = services;
  return publish('workloads', {
    namespace: namespace.name,
    ...(ingress && {
      url: pulumi.interpolate`http://${ingress.hostname}`,
      loadBalancerHostname: ingress.hostname,
    }),
    services: picker ? services : withoutPicker,
    deployments,
    ...(picker && { statefulSets }),
    images: { ...images },
    limits: limitsSchema.parse(config),
    demand: demandSchema.parse(config),
  });
}
