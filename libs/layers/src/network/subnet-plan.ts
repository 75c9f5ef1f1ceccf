import { formatCidr, parseCidr } from './ipv4.ts';

/** Where a subnet goes. */
export interface SubnetPlace {
  /** Which part of the VPC's range it has, counted from 0. */
  slot: number;
  cidr: string;
  /** The availability zone, by name. */
  zone: string;
}

/** The subnets of a VPC, a public and a private one a zone. */
export interface SubnetPlan {
  publicSubnets: SubnetPlace[];
  privateSubnets: SubnetPlace[];
}

/** The ranges kept for each kind of subnet, used or not, so that one more zone moves nothing. A power of two. */
export const slots: readonly number[] = [0, 1, 2, 3];

/**
 * Cuts a VPC's range into eight equal parts: four for public subnets, four for private ones. A zone keeps its part
 * whatever zones come or go. A /24 gives subnets of /27, the least that a load balancer accepts
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#subnets-load-balancer).
 *
 * @param vpcCidr an aligned range, /16 to /24
 * @param zones the availability zones, each with its slot, 0 to 3
 */
export function planSubnets(
  vpcCidr: string,
  zones: readonly Pick<SubnetPlace, 'zone' | 'slot'>[],
): SubnetPlan {
  const vpc = parseCidr(vpcCidr);
  const size = subnetSize(vpcCidr);
  const part = (index: number) => formatCidr({ first: vpc.first + index * size, size });
  return {
    publicSubnets: zones.map(({ zone, slot }) => ({ slot, cidr: part(slot), zone })),
    privateSubnets: zones.map(({ zone, slot }) => ({ slot, cidr: part(slots.length + slot), zone })),
  };
}

/** The slot of a public subnet, by its range. */
export function slotOf(vpcCidr: string, publicCidr: string): number {
  return (parseCidr(publicCidr).first - parseCidr(vpcCidr).first) / subnetSize(vpcCidr);
}

/** How many addresses each subnet of a VPC has. */
export function subnetSize(vpcCidr: string): number {
  return parseCidr(vpcCidr).size / (2 * slots.length);
}
