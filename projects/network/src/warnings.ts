import { isPrivate, type NetworkConfig, parseCidr, subnetSize } from '@envoy-poc/layers/network';

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
