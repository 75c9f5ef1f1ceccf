import { formatCidr, parseCidr } from './ipv4.ts';

/** Where a subnet goes. */
export interface SubnetPlace {
  cidr: string;
  /** The availability zone, by name. */
  zone: string;
}

/** The subnets of a VPC, a public and a private one a zone. */
export interface SubnetPlan {
  publicSubnets: SubnetPlace[];
  privateSubnets: SubnetPlace[];
}

/** Ranges kept for each kind of subnet, used or not, so that one more zone moves nothing. A power of two. */
const SLOTS = 4;

/**
 * Cuts a VPC's range into eight equal parts: four for public subnets, four for private ones. The first parts of each
 * four are used, so the plan for three zones begins with that for two. A /24 gives subnets of /27, the least that a
 * load balancer accepts
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#subnets-load-balancer).
 *
 * @param vpcCidr an aligned range, /16 to /24
 * @param zones the availability zones, at most four
 */
export function planSubnets(vpcCidr: string, zones: readonly string[]): SubnetPlan {
  const vpc = parseCidr(vpcCidr);
  const size = vpc.size / (2 * SLOTS);
  const slot = (index: number) => formatCidr({ first: vpc.first + index * size, size });
  return {
    publicSubnets: zones.map((zone, index) => ({ cidr: slot(index), zone })),
    privateSubnets: zones.map((zone, index) => ({ cidr: slot(SLOTS + index), zone })),
  };
}
