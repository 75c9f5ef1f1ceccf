import * as ec2 from '@pulumi/aws/ec2/index.js';
import type { CustomResourceOptions, Input } from '@pulumi/pulumi';

/** What the ways out connect. */
export interface RoutesArgs {
  vpcId: Input<string>;
  publicSubnets: readonly ec2.Subnet[];
  privateSubnets: readonly ec2.Subnet[];
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
  connect('public', publicSubnets, { gatewayId: internet.id });

  const natSubnets = args.singleNatGateway ? publicSubnets.slice(0, 1) : publicSubnets;
  const ways = natSubnets.map((subnet, index) => {
    const ordinal = index + 1;
    const address = new ec2.Eip(
      `envoy_poc_nat_eip_${ordinal}`,
      { domain: 'vpc', ...tags(`envoy_poc_nat_eip_${ordinal}`) },
      { ...options, dependsOn: [internet] },
    );
    const gateway = new ec2.NatGateway(
      `envoy_poc_nat_gateway_${ordinal}`,
      {
        allocationId: address.allocationId,
        subnetId: subnet.id,
        ...tags(`envoy_poc_nat_gateway_${ordinal}`),
      },
      { ...options, dependsOn: [internet] },
    );
    return { address, gateway };
  });
  privateSubnets.forEach((subnet, index) => {
    const way = ways[index] ?? ways[0];
    if (way) connect(`private_${index + 1}`, [subnet], { natGatewayId: way.gateway.id });
  });
  return ways.map(({ address }) => address);

  /** A route table with a way out, and the subnets that use it. */
  function connect(
    name: string,
    subnets: readonly ec2.Subnet[],
    way: { gatewayId: Input<string> } | { natGatewayId: Input<string> },
  ): void {
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
    subnets.forEach((subnet, index) => {
      const ordinal = subnets.length > 1 ? `_${index + 1}` : '';
      new ec2.RouteTableAssociation(
        `envoy_poc_${name}_route_table_association${ordinal}`,
        { routeTableId: table.id, subnetId: subnet.id },
        options,
      );
    });
  }
}
