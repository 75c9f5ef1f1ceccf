import { type ConfigFault, readConfig } from '@envoy-poc/stack-config';
import { z } from 'zod';
import { formatCidr, isPrivate, parseCidr } from './ipv4.ts';

const cidr = z.cidrv4('an IPv4 range such as 10.64.0.0/16');

const vpcCidr = cidr.superRefine((value, { addIssue }) => {
  const { first, size, prefix } = parseCidr(value);
  const aligned = formatCidr({ first: first - (first % size), size });
  if (prefix < 16 || prefix > 24) addIssue('must be /16 to /24, for example 10.64.0.0/16');
  else if (value !== aligned) addIssue(`does not start on its own boundary; try ${aligned}`);
});

const zone = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, 'an availability zone such as us-east-1a');

/** The configuration of the network layer, by the keys of `Pulumi.yaml`, which describes them and holds the defaults. */
export const networkConfig = z.object({
  vpcCidr,
  zoneCount: z.int('2 or 3').min(2, 'EKS and the load balancer need 2 zones or more').max(3, 'at most 3'),
  zones: z
    .array(zone)
    .refine((zones) => new Set(zones).size === zones.length, 'names a zone twice; each must be another'),
  singleNatGateway: z.boolean('true or false'),
  albIngressCidrs: z.array(cidr).min(1, 'at least one range, for example 0.0.0.0/0 for the whole internet'),
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

/** What is allowed, and may still surprise. */
export function warningsOf({ vpcCidr, singleNatGateway }: NetworkConfig): string[] {
  const warnings: string[] = [];
  if (!isPrivate(vpcCidr)) {
    warnings.push(
      `network:vpcCidr ${vpcCidr} is public address space that belongs to somebody else: nothing in this VPC can ` +
        'reach the real hosts behind it. Choose a private range such as 10.64.0.0/16 unless it must be this one.',
    );
  }
  if (singleNatGateway) {
    warnings.push(
      'network:singleNatGateway is true: when the zone of the NAT gateway fails, no node reaches the internet.',
    );
  }
  return warnings;
}
