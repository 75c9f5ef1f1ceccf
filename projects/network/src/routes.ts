import { childOptions } from '@envoy-poc/layers/pulumi';
import * as ec2 from '@pulumi/aws/ec2/index.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  type CustomResourceOptions,
  type Input,
  type Output,
} from '@pulumi/pulumi';
import type { Subnet } from './subnets.ts';

export interface PublicRoutesArgs {
  vpcId: Input<string>;
  subnets: readonly Subnet[];
}

/** The public subnets' way to and from the internet: an internet gateway. */
export class PublicRoutes extends ComponentResource {
  constructor(name: string, { vpcId, subnets }: PublicRoutesArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:network:PublicRoutes', name, {}, options);
    const internet = new ec2.InternetGateway(
      'envoy_poc_internet_gateway',
      { vpcId, tags: { Name: 'envoy_poc_internet_gateway' } },
      { parent: this },
    );
    const table = createRouteTable('public', vpcId, { gatewayId: internet.id }, { parent: this });
    for (const { number, id: subnetId } of subnets) {
      new ec2.RouteTableAssociation(
        `envoy_poc_public_route_table_association_${number}`,
        { routeTableId: table.id, subnetId },
        { parent: this },
      );
    }
    this.registerOutputs();
  }
}

export interface PrivateRoutesArgs {
  vpcId: Input<string>;
  subnets: readonly Subnet[];
  /** Where the NAT gateways stand. */
  publicSubnets: readonly Subnet[];
  /** One NAT gateway for all private subnets instead of one a zone. */
  singleNatGateway: boolean;
}

/**
 * The private subnets' way out: NAT gateways, which need the public subnets' way to the internet, and a route table a
 * subnet.
 */
export class PrivateRoutes extends ComponentResource {
  /** The addresses of the NAT gateways, under which the nodes appear on the internet. */
  readonly natPublicIps: Output<string>[];

  constructor(name: string, args: PrivateRoutesArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:network:PrivateRoutes', name, {}, options);
    const child = childOptions(this, options);
    const natSubnets = args.singleNatGateway ? args.publicSubnets.slice(0, 1) : args.publicSubnets;
    const gateways = natSubnets.map(({ number, id: subnetId }) => {
      const address = new ec2.Eip(
        `envoy_poc_nat_eip_${number}`,
        { domain: 'vpc', tags: { Name: `envoy_poc_nat_eip_${number}` } },
        child,
      );
      const gateway = new ec2.NatGateway(
        `envoy_poc_nat_gateway_${number}`,
        {
          allocationId: address.allocationId,
          subnetId,
          tags: { Name: `envoy_poc_nat_gateway_${number}` },
        },
        child,
      );
      return { number, id: gateway.id, publicIp: address.publicIp };
    });
    for (const { number, id: subnetId } of args.subnets) {
      const gateway = gateways.find((candidate) => candidate.number === number) ?? gateways[0];
      if (!gateway) continue;
      const table = createRouteTable(`private_${number}`, args.vpcId, { natGatewayId: gateway.id }, child);
      new ec2.RouteTableAssociation(
        `envoy_poc_private_${number}_route_table_association`,
        { routeTableId: table.id, subnetId },
        child,
      );
    }
    this.natPublicIps = gateways.map(({ publicIp }) => publicIp);
    this.registerOutputs({ natPublicIps: this.natPublicIps });
  }
}

/** A route table whose default route is a gateway. */
function createRouteTable(
  name: string,
  vpcId: Input<string>,
  gateway: { gatewayId: Input<string> } | { natGatewayId: Input<string> },
  options: CustomResourceOptions,
): ec2.RouteTable {
  const logicalName = `envoy_poc_${name}_route_table`;
  const table = new ec2.RouteTable(logicalName, { vpcId, tags: { Name: logicalName } }, options);
  new ec2.Route(
    `envoy_poc_${name}_default_route`,
    { routeTableId: table.id, destinationCidrBlock: '0.0.0.0/0', ...gateway },
    options,
  );
  return table;
}
