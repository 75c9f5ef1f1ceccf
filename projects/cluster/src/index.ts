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
import { Addons } from './addons.ts';
import { adminsOf } from './admins.ts';
import { ControlPlane } from './control-plane.ts';
import { Nodes } from './nodes.ts';
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

  const options = { providers: [provider] };
  const controlPlane = new ControlPlane(
    'envoy_poc_control_plane',
    { config, adminPrincipalArns: admins.principalArns, network },
    options,
  );
  const nodes = new Nodes('envoy_poc_nodes', { config, network, controlPlane }, options);
  const { coreDnsVersion, podIdentityAgentVersion } = config;
  new Addons(
    'envoy_poc_addons',
    { clusterName: config.name, coreDnsVersion, podIdentityAgentVersion },
    { ...options, dependsOn: nodes },
  );

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
    nodeRoleArn: nodes.roleArn,
    nodeGroupName: nodes.groupName,
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
