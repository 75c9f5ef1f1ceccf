import type { Resource } from '../../account/account.ts';
import type { Wanted } from '../../provider/double.ts';
import { contains, overlap, rangeOf } from '../cidr.ts';

/**
 * What a VPC's range may be (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html).
 *
 * @throws {Error} when it may not
 */
export function checkVpc({ inputs }: Wanted): void {
  const cidr = String(inputs.cidrBlock);
  const prefix = Number(cidr.split('/')[1]);
  if (prefix < 16 || prefix > 28) throw new Error(`InvalidVpc.Range: The CIDR '${cidr}' is invalid.`);
}

/**
 * Whether a subnet lies in its VPC, and on no other one: also not on one that is about to go
 * (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html).
 *
 * @throws {Error} when it does not
 */
export function checkSubnet(others: readonly Resource[], { type, inputs }: Wanted): void {
  const cidr = String(inputs.cidrBlock);
  const mine = rangeOf(cidr);
  const vpc = others.find(({ id }) => id === inputs.vpcId);
  if (vpc && !contains(rangeOf(String(vpc.inputs.cidrBlock)), mine))
    throw new Error(`InvalidSubnet.Range: The CIDR '${cidr}' is invalid.`);
  const twin = others.find(
    (other) =>
      other.type === type &&
      other.inputs.vpcId === inputs.vpcId &&
      overlap(mine, rangeOf(String(other.inputs.cidrBlock))),
  );
  if (!twin) return;
  throw new Error(
    `InvalidSubnet.Conflict: The CIDR '${cidr}' conflicts with another subnet (${twin.id}, ${twin.inputs.cidrBlock})`,
  );
}

/** The zones of subnets, in alphabetical order. */
export function zonesOf(resources: readonly Resource[], subnetIds: readonly string[]): string[] {
  const zones = resources
    .filter(({ id }) => subnetIds.includes(id))
    .map(({ inputs }) => String(inputs.availabilityZone));
  return [...new Set(zones)].sort();
}
