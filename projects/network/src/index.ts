import { planSubnets } from '@envoy-poc/layers/network';
import { awsProvider, publish, readLayerConfig, readOwn } from '@envoy-poc/layers/pulumi';
import * as pulumi from '@pulumi/pulumi';
import { FlowLogs } from './flow-logs.ts';
import { PrivateRoutes, PublicRoutes } from './routes.ts';
import { SecurityGroups } from './security-groups.ts';
import { type Subnet, Subnets } from './subnets.ts';
import { Vpc } from './vpc.ts';
import { warningsOf } from './warnings.ts';
import { chooseZones, controlPlaneZones } from './zones.ts';

/** The network layer. */
export default async function network() {
  const config = readLayerConfig('network');
  for (const warning of warningsOf(config)) await pulumi.log.warn(warning);

  const provider = awsProvider();
  const published = await readOwn('network');
  const moves = published.region !== undefined && published.region !== new pulumi.Config('aws').get('region');
  const standing = moves ? {} : published;
  const zones = await chooseZones({ count: config.zoneCount, names: config.zones }, standing, { provider });
  const ofControlPlane = controlPlaneZones(zones, standing);
  const plan = planSubnets(config.vpcCidr, zones);

  const options = { providers: [provider] };
  const vpc = new Vpc('envoy_poc_vpc', { name: config.vpcName, cidr: config.vpcCidr }, options);
  const zonesStay = config.zones.length === 0 && !moves;
  const { all: publicSubnets } = new Subnets(
    'envoy_poc_public_subnets',
    { vpcId: vpc.id, kind: 'public', places: plan.publicSubnets, zonesStay },
    options,
  );
  const { all: privateSubnets } = new Subnets(
    'envoy_poc_private_subnets',
    { vpcId: vpc.id, kind: 'private', places: plan.privateSubnets, zonesStay },
    options,
  );
  const publicRoutes = new PublicRoutes(
    'envoy_poc_public_routes',
    { vpcId: vpc.id, subnets: publicSubnets },
    options,
  );
  const { natPublicIps } = new PrivateRoutes(
    'envoy_poc_private_routes',
    { vpcId: vpc.id, subnets: privateSubnets, publicSubnets, singleNatGateway: config.singleNatGateway },
    { ...options, dependsOn: publicRoutes },
  );
  const { ids: securityGroupIds } = new SecurityGroups(
    'envoy_poc_security_groups',
    { vpcId: vpc.id, albIngressCidrs: config.albIngressCidrs },
    options,
  );
  if (config.flowLogs) new FlowLogs('envoy_poc_flow_logs', { vpcId: vpc.id }, options);

  const asPublished = ({ id, cidr, zone }: Subnet) => ({ id, cidr, zone });
  return publish('network', {
    region: provider.region.apply((region) => region ?? ''),
    vpcId: vpc.id,
    vpcCidr: vpc.cidr,
    internalCidrs: [vpc.cidr],
    publicSubnets: publicSubnets.map(asPublished),
    privateSubnets: privateSubnets.map(asPublished),
    controlPlaneZones: plan.publicSubnets.flatMap(({ zone }, index) =>
      ofControlPlane.includes(zone) ? (publicSubnets[index]?.zone ?? []) : [],
    ),
    natPublicIps,
    securityGroupIds,
  });
}
