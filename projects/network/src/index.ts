import { planSubnets } from '@envoy-poc/layers/network';
import { awsProvider, publish, readLayerConfig, readOwn } from '@envoy-poc/layers/pulumi';
import * as pulumi from '@pulumi/pulumi';
import { createFlowLogs } from './flow-logs.ts';
import { createRoutes } from './routes.ts';
import { createSecurityGroups } from './security-groups.ts';
import { createSubnets, type NumberedSubnet } from './subnets.ts';
import { createVpc } from './vpc.ts';
import { warningsOf } from './warnings.ts';
import { chooseZones, controlPlaneZones } from './zones.ts';

/** The network layer. */
export default async function network() {
  const config = readLayerConfig('network');
  for (const warning of warningsOf(config)) await pulumi.log.warn(warning);

  const provider = awsProvider();
  const options = { provider };
  const published = await readOwn('network');
  const moves = published.region !== undefined && published.region !== new pulumi.Config('aws').get('region');
  const standing = moves ? {} : published;
  const zones = await chooseZones({ count: config.zoneCount, names: config.zones }, standing, options);
  const ofControlPlane = controlPlaneZones(zones, standing);
  const plan = planSubnets(config.vpcCidr, zones);

  const vpc = createVpc({ cidr: config.vpcCidr }, options);
  const zonesStay = config.zones.length === 0 && !moves;
  const subnets = (kind: 'public' | 'private') =>
    createSubnets({ vpcId: vpc.id, kind, places: plan[`${kind}Subnets`], zonesStay }, options);
  const [publicSubnets, privateSubnets] = [subnets('public'), subnets('private')];
  const natAddresses = createRoutes(
    { vpcId: vpc.id, publicSubnets, privateSubnets, singleNatGateway: config.singleNatGateway },
    options,
  );
  const groups = createSecurityGroups({ vpcId: vpc.id, albIngressCidrs: config.albIngressCidrs }, options);
  if (config.flowLogs) createFlowLogs({ vpcId: vpc.id }, options);

  const asPublished = ({ subnet }: NumberedSubnet) => ({
    id: subnet.id,
    cidr: subnet.cidrBlock.apply((cidr) => cidr ?? ''),
    zone: subnet.availabilityZone,
  });
  return publish('network', {
    region: provider.region.apply((region) => region ?? ''),
    vpcId: vpc.id,
    vpcCidr: vpc.cidrBlock,
    internalCidrs: [vpc.cidrBlock],
    publicSubnets: publicSubnets.map(asPublished),
    privateSubnets: privateSubnets.map(asPublished),
    controlPlaneZones: plan.publicSubnets.flatMap(({ zone }, index) =>
      ofControlPlane.includes(zone) ? (publicSubnets[index]?.subnet.availabilityZone ?? []) : [],
    ),
    natPublicIps: natAddresses.map(({ publicIp }) => publicIp),
    securityGroupIds: {
      cluster: groups.cluster.id,
      worker: groups.worker.id,
      alb: groups.alb.id,
      envoy: groups.envoy.id,
    },
  });
}
