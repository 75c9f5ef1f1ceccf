import type { SubnetPlace } from '@envoy-poc/layers/network';
import * as ec2 from '@pulumi/aws/ec2/index.js';
import type { CustomResourceOptions, Input } from '@pulumi/pulumi';

/** Where the subnets of one kind go. */
export interface SubnetsArgs {
  vpcId: Input<string>;
  /** `public` subnets hold the load balancer and the NAT gateways, `private` ones the nodes. */
  kind: 'public' | 'private';
  places: readonly SubnetPlace[];
  /** Whether the zones were chosen here, so that a subnet that is there stays in its own. */
  zonesStay: boolean;
}

/** A subnet, and the number in its names, which is its place in the VPC's range and never changes. */
export interface NumberedSubnet {
  number: number;
  subnet: ec2.Subnet;
}

/**
 * The tags by which the load balancer controller finds subnets
 * (https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/subnet_discovery/).
 */
const roleTags = {
  public: { 'kubernetes.io/role/elb': '1' },
  private: { 'kubernetes.io/role/internal-elb': '1' },
};

/** One subnet a zone, tagged for load balancers. */
export function createSubnets(args: SubnetsArgs, options: CustomResourceOptions): NumberedSubnet[] {
  return args.places.map(({ slot, cidr, zone }) => {
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
      { ...options, ...(args.zonesStay && { ignoreChanges: ['availabilityZone'] }) },
    );
    return { number, subnet };
  });
}
