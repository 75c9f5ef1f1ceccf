import { createKubeconfig, kubeconfigCommand } from '@envoy-poc/layers';
import { standingFaults, versionsLine } from '@envoy-poc/layers/cluster';
import {
  awsProvider,
  layerTags,
  publish,
  read,
  readLayerConfig,
  StackConfigError,
} from '@envoy-poc/layers/pulumi';
import * as pulumi from '@pulumi/pulumi';
import { createAddons } from './addons.ts';
import { adminsOf } from './admins.ts';
import { createControlPlane } from './control-plane.ts';
import { createNodes } from './nodes.ts';
import { findCluster } from './standing.ts';
import { warningsOf } from './warnings.ts';

/** The cluster layer. */
export default async function cluster() {
  const config = readLayerConfig('cluster');
  for (const warning of warningsOf(config, new Date())) await pulumi.log.warn(warning);
  const network = await read('network');

  const provider = awsProvider();
  const standing = await findCluster(config.name, { provider });
  const faults = standing ? standingFaults(standing, config, layerTags()) : [];
  if (faults.length > 0) throw new StackConfigError(faults);
  const admins = await adminsOf(config, { stands: standing !== undefined, tags: layerTags() }, { provider });
  for (const note of [versionsLine(standing, config), ...admins.notes]) await pulumi.log.info(note);

  const controlPlane = createControlPlane(config, admins.principalArns, network, provider);
  const nodes = createNodes(config, network, controlPlane, provider);
  createAddons(config, { provider, dependsOn: [nodes.group] });

  const access = { name: config.name, profile: config.kubectlProfile };
  const { endpoint, certificateAuthority, clusterSecurityGroupId } = controlPlane;
  return publish('cluster', {
    name: config.name,
    version: config.version,
    region: network.region,
    endpoint,
    certificateAuthority,
    kubeconfig: pulumi
      .all([network.region, endpoint, certificateAuthority])
      .apply(([region, endpoint, certificateAuthority]) =>
        createKubeconfig({ ...access, region, endpoint, certificateAuthority }),
      ),
    kubeconfigCommand: network.region.apply((region) => kubeconfigCommand({ ...access, region })),
    clusterSecurityGroupId,
    nodeRoleArn: nodes.role.arn,
    nodeGroupName: nodes.group.nodeGroup.apply(({ nodeGroupName }) => nodeGroupName),
    nodes: {
      instanceType: config.instanceType,
      amiType: config.amiType,
      desired: config.desiredNodes,
      min: config.minNodes,
      max: config.maxNodes,
      podsPerNode: config.podsPerNode,
    },
  });
}
