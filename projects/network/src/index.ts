import { publish } from '@envoy-poc/contracts';
import { awsProvider } from '@envoy-poc/layer';
import * as pulumi from '@pulumi/pulumi';
import { readNetworkConfig, warningsOf } from './config.ts';
import { createFlowLogs } from './flow-logs.ts';
import { createRoutes } from './routes.ts';
import { createSecurityGroups } from './security-groups.ts';
import { planSubnets } from './subnet-plan.ts';
import { createSubnets } from './subnets.ts';
import { createVpc } from './vpc.ts';
import { chooseZones } from './zones.ts';

/** The network layer. */
export default async function network() {
  const config = readNetworkConfig();
  for (const warning of warningsOf(config)) await pulumi.log.warn(warning);

  const provider = awsProvider();
  const options = { provider };
  const zones = await chooseZones({ count: config.zoneCount, names: config.zones }, options);
  const plan = planSubnets(config.vpcCidr, zones);

  const vpc = createVpc({ cidr: config.vpcCidr }, options);
  const publicSubnets = createSubnets({ vpcId: vpc.id, kind: 'public', places: plan.publicSubnets }, options);
  const privateSubnets = createSubnets(
    { vpcId: vpc.id, kind: 'private', places: plan.privateSubnets },
    options,
  );
  const natAddresses = createRoutes(
    { vpcId: vpc.id, publicSubnets, privateSubnets, singleNatGateway: config.singleNatGateway },
    options,
  );
  const groups = createSecurityGroups({ vpcId: vpc.id, albIngressCidrs: config.albIngressCidrs }, options);
  if (config.flowLogs) createFlowLogs({ vpcId: vpc.id }, options);

  const subnet = ({ id, cidrBlock, availabilityZone }: (typeof publicSubnets)[number]) => ({
    id,
    cidr: cidrBlock.apply((cidr) => cidr ?? ''),
    zone: availabilityZone,
  });
  return publish('network', {
    region: provider.region.apply((region) => region ?? ''),
    vpcId: vpc.id,
    vpcCidr: vpc.cidrBlock,
    internalCidrs: [vpc.cidrBlock],
    publicSubnets: publicSubnets.map(subnet),
    privateSubnets: privateSubnets.map(subnet),
    natPublicIps: natAddresses.map(({ publicIp }) => publicIp),
    securityGroupIds: {
      cluster: groups.cluster.id,
      worker: groups.worker.id,
      alb: groups.alb.id,
      envoy: groups.envoy.id,
    },
  });
}
