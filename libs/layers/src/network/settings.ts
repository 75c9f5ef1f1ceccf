import { z } from 'zod';

import { availabilityZone, tagValue } from '../fields.ts';

import type { ConfigFault } from '../parse-config.ts';
import { cidr, cidrs } from './cidr.ts';
import { parseCidr } from './ipv4.ts';

const vpcCidr = cidr.refine((value) => {
  const { prefix } = parseCidr(value);
  return prefix >= 16 && prefix <= 24;
}, 'must be /16 to /24, for example 10.64.0.0/16');

/** The configuration of the network layer, by the keys of `Pulumi.yaml`, which describes them and holds the defaults. */
export const networkConfig = z.object({
  vpcName: tagValue,
  vpcCidr,
  zoneCount: z.int('2 or 3').min(2, 'EKS and the load balancer need 2 zones or more').max(3, 'at most 3'),
  zones: z
    .array(availabilityZone)
    .refine((zones) => new Set(zones).size === zones.length, 'names a zone twice; each must be another'),
  singleNatGateway: z.boolean('true or false'),
  albIngressCidrs: cidrs,
  flowLogs: z.boolean('true or false'),
});

/** The configuration of the network layer. */
export type NetworkConfig = z.infer<typeof networkConfig>;

/** What the values, each right by itself, get wrong together. */
export function networkFaults({ zoneCount, zones }: NetworkConfig): ConfigFault[] {
  if (zones.length === 0 || zones.length === zoneCount) return [];
  return [
    { key: 'zones', value: zones, message: `${zones.length} zones named, but zoneCount is ${zoneCount}` },
  ];
}
