import * as ec2 from '@pulumi/aws/ec2/index.js';
import type { CustomResourceOptions, Input } from '@pulumi/pulumi';
import type { NumberedSubnet } from './subnets.ts';

/** What the ways out connect. */
export interface RoutesArgs {
  vpcId: Input<string>;
  publicSubnets: readonly NumberedSubnet[];
  privateSubnets: readonly NumberedSubnet[];
  /** One NAT gateway for all private subnets instead of one a zone. */
  singleNatGateway: boolean;
}

const everywhere = '0.0.0.0/0';

/**
 * The ways out: an internet gateway for the public subnets, NAT gateways in those for the private ones, and a route
 * table for each way.
 *
 * @returns the elastic IPs of the NAT gateways, under which the nodes appear on the internet
 */
export function createRoutes(args: RoutesArgs, options: CustomResourceOptions): ec2.Eip[] {
  const { vpcId, publicSubnets, privateSubnets } = args;
  const tags = (name: string) => ({ tags: { Name: name } });

  const internet = new ec2.InternetGateway(
    'envoy_poc_internet_gateway',
    { vpcId, ...tags('envoy_poc_internet_gateway') },
    options,
  );
  const outside = connect('public', { gatewayId: internet.id });
  for (const { number, subnet } of publicSubnets)
    associate(`public_route_table_association_${number}`, outside, subnet);

  const natSubnets = args.singleNatGateway ? publicSubnets.slice(0, 1) : publicSubnets;
  const ways = natSubnets.map(({ number, subnet }) => {
    const address = new ec2.Eip(
      `envoy_poc_nat_eip_${number}`,
      { domain: 'vpc', ...tags(`envoy_poc_nat_eip_${number}`) },
      { ...options, dependsOn: [internet] },
    );
    const gateway = new ec2.NatGateway(
      `envoy_poc_nat_gateway_${number}`,
      {
        allocationId: address.allocationId,
        subnetId: subnet.id,
        ...tags(`envoy_poc_nat_gateway_${number}`),
      },
      { ...options, dependsOn: [internet] },
    );
    return { number, address, gateway };
  });
  for (const { number, subnet } of privateSubnets) {
    const way = ways.find((candidate) => candidate.number === number) ?? ways[0];
    if (!way) continue;
    const table = connect(`private_${number}`, { natGatewayId: way.gateway.id });
    associate(`private_${number}_route_table_association`, table, subnet);
  }
  return ways.map(({ address }) => address);

  /** A route table with a way out. */
  function connect(
    name: string,
    way: { gatewayId: Input<string> } | { natGatewayId: Input<string> },
  ): ec2.RouteTable {
    const table = new ec2.RouteTable(
      `envoy_poc_${name}_route_table`,
      { vpcId, ...tags(`envoy_poc_${name}_route_table`) },
      options,
    );
    new ec2.Route(
      `envoy_poc_${name}_default_route`,
      { routeTableId: table.id, destinationCidrBlock: everywhere, ...way },
      options,
    );
    return table;
  }

  function associate(name: string, table: ec2.RouteTable, subnet: ec2.Subnet): void {
    new ec2.RouteTableAssociation(
      `envoy_poc_${name}`,
      { routeTableId: table.id, subnetId: subnet.id },
      options,
    );
  }
}
