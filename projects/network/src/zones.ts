import { getAvailabilityZones } from '@pulumi/aws/getAvailabilityZones.js';
import * as pulumi from '@pulumi/pulumi';

/**
 * Zones where EKS has no control plane
 * (https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html#network-requirements-subnets).
 */
const zoneIdsWithoutEks = ['use1-az3', 'usw1-az2', 'cac1-az3'];

/** Which availability zones are wanted. */
export interface ZonesArgs {
  count: number;
  /** Their names; empty takes the first ones of the region. */
  names: readonly string[];
}

/**
 * The availability zones to use, by name. Zones that EKS cannot use are left out, local ones among them.
 *
 * @throws {pulumi.RunError} when the region has too few
 */
export async function chooseZones(args: ZonesArgs, options: pulumi.InvokeOptions): Promise<string[]> {
  if (args.names.length > 0) return [...args.names];
  const { id, names } = await getAvailabilityZones(
    {
      state: 'available',
      filters: [{ name: 'opt-in-status', values: ['opt-in-not-required'] }],
      excludeZoneIds: zoneIdsWithoutEks,
    },
    options,
  );
  if (names.length < args.count) {
    throw new pulumi.RunError(
      `network:zoneCount is ${args.count}, but region ${id} has ${names.length} availability zones: ${names.join(', ')}`,
    );
  }
  return [...names].sort().slice(0, args.count);
}
