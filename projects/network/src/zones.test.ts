import { exampleOf } from '@envoy-poc/layers';
import { planSubnets } from '@envoy-poc/layers/network';
import { expect, test } from 'vitest';
import { controlPlaneZones, keptZones, type PlacedZone, placeZones, standingZones } from './zones.ts';

const [a, b, c, d] = ['us-east-1a', 'us-east-1b', 'us-east-1c', 'us-east-1d'] as const;

/** What a network with zones in these slots has published. */
function published(zones: readonly PlacedZone[], controlPlane: readonly string[] = [a, b]) {
  const vpcCidr = '10.64.0.0/16';
  const subnets = planSubnets(vpcCidr, zones).publicSubnets.map((place) => ({ id: 'subnet-1', ...place }));
  return exampleOf('network', { vpcCidr, publicSubnets: subnets, controlPlaneZones: [...controlPlane] });
}

const abc = [a, b, c].map((zone, slot) => ({ zone, slot }));
const at = (zones: readonly PlacedZone[]) => zones.map(({ zone, slot }) => `${zone.at(-1)}${slot}`).join(' ');

test('what is published tells where each zone is', () => {
  const zones = [
    { zone: c, slot: 0 },
    { zone: a, slot: 2 },
  ];
  expect(standingZones(published(zones))).toEqual(zones);
  expect(standingZones({})).toEqual([]);
});

test.each([
  ['the first deploy', [], [a, b, c], 2, 'a0 b1'],
  ['a zone shown anew moves nothing', abc.slice(1), [a, b, c], 2, 'b1 c2'],
  ['a third goes where there is room', abc.slice(1), [a, b, c], 3, 'a0 b1 c2'],
  ['one that is there is not taken twice', abc.slice(0, 2), [a, b, c, d], 3, 'a0 b1 c2'],
] as const)('%s', (_, standing, found, count, expected) => {
  const kept = keptZones({ count, names: [] }, standing, [a, b]);
  expect(at(placeZones(kept, standing, found, count - kept.length))).toBe(expected);
});

test('of named zones those that are there keep their place, in whatever order they are named', () => {
  const kept = (names: string[]) => at(keptZones({ count: 2, names }, abc, [a, b]));
  expect([kept([c, b]), kept([b, c]), kept([d, a])]).toEqual(['b1 c2', 'b1 c2', 'a0']);
});

test('a zone that takes the place of another gets a range of its own', () => {
  expect(at(placeZones(abc.slice(1), abc, [c, b, d].sort(), 1))).toBe('b1 c2 d3');
});

test('with fewer zones, those of the control plane stay', () => {
  expect(at(keptZones({ count: 2, names: [] }, abc, [b, c]))).toBe('b1 c2');
});

test('the control plane has the first two zones, and keeps those it has', () => {
  expect(controlPlaneZones(abc, {})).toEqual([a, b]);
  expect(controlPlaneZones(abc, published(abc, [b, c]))).toEqual([b, c]);
  expect(controlPlaneZones(abc, published(abc, [a, b, c]))).toEqual([a, b, c]);
  expect(controlPlaneZones(abc.slice(1), published(abc, [a, b]))).toEqual([b, c]);
});
