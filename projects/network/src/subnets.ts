import type { SubnetPlace } from '@envoy-poc/layers/network';
import * as ec2 from '@pulumi/aws/ec2/index.js';
import { ComponentResource, type ComponentResourceOptions, type Input, type Output } from '@pulumi/pulumi';

export interface SubnetsArgs {
  vpcId: Input<string>;
  /** `public` subnets hold the load balancer and the NAT gateways, `private` ones the nodes. */
  kind: 'public' | 'private';
  places: readonly SubnetPlace[];
  /** Whether the zones were chosen here, so that a subnet that is there stays in its own. */
  zonesStay: boolean;
}

export interface Subnet {
  /** What its names end in: its place in the VPC's range, which never changes. */
  number: number;
  id: Output<string>;
  cidr: Output<string>;
  zone: Output<string>;
}

/**
 * The tags by which the load balancer controller finds subnets
 * (https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/subnet_discovery/).
 */
const roleTags = {
  public: { 'kubernetes.io/role/elb': '1' },
  private: { 'kubernetes.io/role/internal-elb': '1' },
};

/** The subnets of one kind, one a zone, tagged for load balancers. */
export class Subnets extends ComponentResource {
  readonly all: readonly Subnet[];

  constructor(name: string, args: SubnetsArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:network:Subnets', name, {}, options);
    this.all = args.places.map(({ slot, cidr, zone }) => {
      const number = slot + 1;
      const name = `envoy_poc_${args.kind}_subnet_${number}`;
      const subnet = new ec2.Subnet(
        name,
        {
          vpcId: args.vpcId,
          cidrBlock: cidr,
          availabilityZone: zone,
          mapPublicIpOnLaunch: args.kind === 'public',
          tags: { Name: name, ...roleTags[args.kind] },
        },
        // A first deploy that failed has published nothing, but its subnets are there.
        { parent: this, ignoreChanges: args.zonesStay ? ['availabilityZone'] : [] },
      );
      const range = subnet.cidrBlock.apply((cidr) => cidr ?? '');
      return { number, id: subnet.id, cidr: range, zone: subnet.availabilityZone };
    });
    this.registerOutputs({ ids: this.all.map(({ id }) => id) });
  }
}
