import type { Contract } from '@envoy-poc/layers';
import { slotOf, slots } from '@envoy-poc/layers/network';
import { getAvailabilityZones } from '@pulumi/aws/getAvailabilityZones.js';
import * as pulumi from '@pulumi/pulumi';

/**
 * Zones where EKS has no control plane
 * (https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html#network-requirements-subnets).
 */
const zoneIdsWithoutEks = ['use1-az3', 'usw1-az2', 'cac1-az3'];

/** EKS wants subnets in two zones or more, and never lets them leave the zones of the cluster's creation. */
const CONTROL_PLANE_ZONES = 2;

/** An availability zone, and which part of the VPC's range its subnets have. */
export interface PlacedZone {
  zone: string;
  /** Counted from 0. */
  slot: number;
}

/** Which availability zones are wanted. */
export interface ZonesArgs {
  count: number;
  /** Their names, in any order; empty takes the first ones of the region. */
  names: readonly string[];
}

/** What the layer has published, as far as it has. */
export type StandingNetwork = Partial<Contract<'network'>>;

/**
 * The availability zones to use, by slot. Zones that EKS cannot use are left out, local ones among them.
 *
 * @throws {pulumi.RunError} when the region has too few
 */
export async function chooseZones(
  args: ZonesArgs,
  standing: StandingNetwork,
  options: pulumi.InvokeOptions,
): Promise<PlacedZone[]> {
  const placed = standingZones(standing);
  const kept = keptZones(args, placed, controlPlaneZones(placed, standing));
  const missing = args.count - kept.length;
  if (missing <= 0) return kept;
  const found = args.names.length > 0 ? [...args.names] : await zonesOfRegion(args.count, options);
  return placeZones(kept, placed, found.sort(), missing);
}

/** The zones that have subnets, by slot. */
export function standingZones({ vpcCidr, publicSubnets = [] }: StandingNetwork): PlacedZone[] {
  if (vpcCidr === undefined) return [];
  return publicSubnets.map(({ zone, cidr }) => ({ zone, slot: slotOf(vpcCidr, cidr) })).sort(bySlot);
}

/** Those that stay: the named ones, or as many as wanted; the control plane's before others. */
export function keptZones(
  { count, names }: ZonesArgs,
  placed: readonly PlacedZone[],
  controlPlane: readonly string[],
): PlacedZone[] {
  if (names.length > 0) return placed.filter(({ zone }) => names.includes(zone));
  const last = ({ zone }: PlacedZone) => Number(!controlPlane.includes(zone));
  return [...placed]
    .sort((a, b) => last(a) - last(b))
    .slice(0, count)
    .sort(bySlot);
}

/**
 * Puts further zones into slots that are free; what is there stays where it is. A slot that another zone leaves comes
 * last: its range is not free until the old subnet is gone.
 */
export function placeZones(
  kept: readonly PlacedZone[],
  placed: readonly PlacedZone[],
  found: readonly string[],
  missing: number,
): PlacedZone[] {
  const has = (zones: readonly PlacedZone[], slot: number) => zones.some((zone) => zone.slot === slot);
  const free = slots
    .filter((slot) => !has(kept, slot))
    .sort((a, b) => Number(has(placed, a)) - Number(has(placed, b)));
  const added = found.filter((zone) => !kept.some((one) => one.zone === zone)).slice(0, missing);
  return [...kept, ...added.map((zone, index) => ({ zone, slot: free[index] ?? index }))].sort(bySlot);
}

/** The zones of the control plane: those it has, or the first two. */
export function controlPlaneZones(
  placed: readonly PlacedZone[],
  { controlPlaneZones: published = [] }: StandingNetwork,
): string[] {
  const zones = placed.map(({ zone }) => zone);
  const standing = zones.filter((zone) => published.includes(zone));
  return standing.length >= CONTROL_PLANE_ZONES ? standing : zones.slice(0, CONTROL_PLANE_ZONES);
}

async function zonesOfRegion(count: number, options: pulumi.InvokeOptions): Promise<string[]> {
  const { id, names } = await getAvailabilityZones(
    {
      state: 'available',
      filters: [{ name: 'opt-in-status', values: ['opt-in-not-required'] }],
      excludeZoneIds: zoneIdsWithoutEks,
    },
    options,
  );
  if (names.length < count) {
    throw new pulumi.RunError(
      `network:zoneCount is ${count}, but region ${id} has ${names.length} availability zones: ${names.join(', ')}`,
    );
  }
  return [...names];
}

function bySlot(a: PlacedZone, b: PlacedZone): number {
  return a.slot - b.slot;
}
