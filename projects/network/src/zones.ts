import { getAvailabilityZones } from '@pulumi/aws/getAvailabilityZones.js';
import * as pulumi from '@pulumi/pulumi';

/** Which availability zones are wanted. */
export interface ZonesArgs {
  count: number;
  /** Their names; empty takes the first ones of the region. */
  names: readonly string[];
}

/**
 * The availability zones to use, by name. Local and Wavelength zones are left out: EKS cannot use them.
 *
 * @throws {pulumi.RunError} when the region has too few
 */
export async function chooseZones(args: ZonesArgs, options: pulumi.InvokeOptions): Promise<string[]> {
  if (args.names.length > 0) return [...args.names];
  const { id, names } = await getAvailabilityZones(
    { state: 'available', filters: [{ name: 'opt-in-status', values: ['opt-in-not-required'] }] },
    options,
  );
  if (names.length < args.count) {
    throw new pulumi.RunError(
      `network:zoneCount is ${args.count}, but region ${id} has ${names.length} availability zones: ${names.join(', ')}`,
    );
  }
  return [...names].sort().slice(0, args.count);
}
