import { type ConfigFault, readConfig } from '@envoy-poc/stack-config';
import { z } from 'zod';
import { formatCidr, isPrivate, parseCidr } from './ipv4.ts';
import { subnetSize } from './subnet-plan.ts';

/** An IPv4 range as AWS writes it: nothing set after the prefix. */
const cidr = z.cidrv4('an IPv4 range such as 10.64.0.0/16').superRefine((value, { addIssue }) => {
  const { first, size } = parseCidr(value);
  const aligned = formatCidr({ first: first - (first % size), size });
  if (value !== aligned) addIssue(`does not start on its own boundary; try ${aligned}`);
});

const vpcCidr = cidr.refine((value) => {
  const { prefix } = parseCidr(value);
  return prefix >= 16 && prefix <= 24;
}, 'must be /16 to /24, for example 10.64.0.0/16');

const zone = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, 'an availability zone such as us-east-1a');

/** The configuration of the network layer, by the keys of `Pulumi.yaml`, which describes them and holds the defaults. */
export const networkConfig = z.object({
  vpcCidr,
  zoneCount: z.int('2 or 3').min(2, 'EKS and the load balancer need 2 zones or more').max(3, 'at most 3'),
  zones: z
    .array(zone)
    .refine((zones) => new Set(zones).size === zones.length, 'names a zone twice; each must be another'),
  singleNatGateway: z.boolean('true or false'),
  albIngressCidrs: z
    .array(cidr)
    .min(1, 'at least one range, for example 0.0.0.0/0 for the whole internet')
    .superRefine((ranges, { addIssue }) => {
      const twice = ranges.filter((range, index) => ranges.indexOf(range) < index);
      if (twice.length > 0)
        addIssue(`names ${[...new Set(twice)].join(' and ')} twice; name each range once`);
    }),
  flowLogs: z.boolean('true or false'),
});

/** The configuration of the network layer. */
export type NetworkConfig = z.infer<typeof networkConfig>;

/** Reads and checks the configuration. @throws {StackConfigError} with all faults together */
export function readNetworkConfig(): NetworkConfig {
  return readConfig(networkConfig, networkFaults);
}

/** What the values, each right by itself, get wrong together. */
export function networkFaults({ zoneCount, zones }: NetworkConfig): ConfigFault[] {
  if (zones.length === 0 || zones.length === zoneCount) return [];
  return [
    { key: 'zones', value: zones, message: `${zones.length} zones named, but zoneCount is ${zoneCount}` },
  ];
}

/**
 * Addresses that a t3.medium may take: 3 network interfaces with 6 each
 * (https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html#gp_network).
 */
const ADDRESSES_A_NODE = 18;

/** AWS keeps the first four addresses of a subnet and the last one (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html). */
const RESERVED_ADDRESSES = 5;

/** EKS adds up to two nodes a zone while it updates a group (https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html). */
const SURGE_NODES_A_ZONE = 2;

/** The smallest range whose private subnets have room for the nodes of the design (two a zone at most), and a surge. */
const ROOMY_PREFIX = 22;

/** What is allowed, and may still surprise. */
export function warningsOf({ vpcCidr, singleNatGateway }: NetworkConfig): string[] {
  const warnings: string[] = [];
  if (!isPrivate(vpcCidr)) {
    warnings.push(
      `network:vpcCidr ${vpcCidr} is public address space that belongs to somebody else: nothing in this VPC can ` +
        'reach the real hosts behind it. Choose a private range such as 10.64.0.0/16 unless it must be this one.',
    );
  }
  if (parseCidr(vpcCidr).prefix > ROOMY_PREFIX) {
    const [size, roomy] = [subnetSize(vpcCidr), 2 ** (32 - ROOMY_PREFIX - 3)];
    const usable = (addresses: number) => addresses - RESERVED_ADDRESSES;
    const nodes = (addresses: number) => Math.floor(usable(addresses) / ADDRESSES_A_NODE);
    warnings.push(
      `network:vpcCidr ${vpcCidr} is small: a private subnet has ${usable(size)} usable addresses, and a t3.medium takes ` +
        `up to ${ADDRESSES_A_NODE}, so a zone holds ${nodes(size)} nodes. An update of the node group adds up to ` +
        `${SURGE_NODES_A_ZONE} a zone for a while. With /${ROOMY_PREFIX} it is ${usable(roomy)} addresses and ${nodes(roomy)} nodes.`,
    );
  }
  if (singleNatGateway) {
    warnings.push(
      'network:singleNatGateway is true: when the zone of the NAT gateway fails, no node reaches the internet.',
    );
  }
  return warnings;
}
