import { join } from 'node:path';
import { demandSchema, limitsSchema } from '@envoy-poc/edge';
import { plainly, publish, readLayerConfig, readOwn } from '@envoy-poc/layers/pulumi';
import {
  capacityNote,
  checkPlatforms,
  deployments,
  imagesFolder,
  imagesOf,
  isAlone,
  previewImagesOf,
  services,
} from '@envoy-poc/layers/workloads';
import * as pulumi from '@pulumi/pulumi';
import { createClient } from './client.ts';
import { createEdge } from './edge.ts';
import { createIngress } from './ingress.ts';
import { createNamespace } from './namespace.ts';
import { createNetworkPolicies } from './network-policies.ts';
import { leftNamespace, renameWarning } from './rename.ts';
import { createServer } from './server.ts';
import { alone, linked, runningImages } from './surroundings.ts';

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
  const surroundings = await plainly(() =>
    isAlone(config)
      ? alone(config)
      : linked(config, images, (amiType) => checkPlatforms(...pushed, amiType), left),
  );
  await pulumi.log.info(capacityNote(config));

  const namespace = createNamespace(config, surroundings);
  const policies = createNetworkPolicies(config, surroundings, { parent: namespace });
  const server = createServer(config, images.server, { parent: namespace, dependsOn: policies });
  const edge = createEdge(config, images.edge, surroundings, { parent: namespace, dependsOn: server });
  createClient(config, images.client, { parent: namespace, dependsOn: edge });
  const hostname = createIngress(config, surroundings, { parent: namespace, dependsOn: edge });

  return publish('workloads', {
    namespace: namespace.metadata.name,
    ...(hostname && { url: pulumi.interpolate`http://${hostname}`, loadBalancerHostname: hostname }),
    services,
    deployments,
    images: { ...images },
    limits: limitsSchema.parse(config),
    demand: demandSchema.parse(config),
  });
}
