import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contains, formatCidr, parseCidr } from './ipv4.ts';
import { planSubnets, slotOf } from './subnet-plan.ts';

/** Any aligned range from /16 to /24. */
const vpcCidrs = fc
  .tuple(fc.integer({ min: 16, max: 24 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }))
  .map(([prefix, address]) => {
    const size = 2 ** (32 - prefix);
    return formatCidr({ first: address - (address % size), size });
  });
const zones = ['us-east-1a', 'us-east-1b', 'us-east-1c'].map((zone, slot) => ({ zone, slot }));
const zoneCounts = fc.integer({ min: 2, max: 3 });

test('the default plan: a /19 a subnet, room for two more of each kind', () => {
  expect(planSubnets('172.245.0.0/16', zones.slice(0, 2))).toEqual({
    publicSubnets: [
      { slot: 0, cidr: '172.245.0.0/19', zone: 'us-east-1a' },
      { slot: 1, cidr: '172.245.32.0/19', zone: 'us-east-1b' },
    ],
    privateSubnets: [
      { slot: 0, cidr: '172.245.128.0/19', zone: 'us-east-1a' },
      { slot: 1, cidr: '172.245.160.0/19', zone: 'us-east-1b' },
    ],
  });
});

test('every subnet is inside the VPC, apart from the others, aligned, and /27 or larger', () => {
  fc.assert(
    fc.property(vpcCidrs, zoneCounts, (vpcCidr, count) => {
      const { publicSubnets, privateSubnets } = planSubnets(vpcCidr, zones.slice(0, count));
      expect([publicSubnets.length, privateSubnets.length]).toEqual([count, count]);
      const ranges = [...publicSubnets, ...privateSubnets]
        .map(({ cidr }) => parseCidr(cidr))
        .sort((a, b) => a.first - b.first);
      ranges.forEach((range, index) => {
        expect(contains(parseCidr(vpcCidr), range)).toBe(true);
        expect(range.first % range.size).toBe(0);
        expect(range.prefix).toBeLessThanOrEqual(27);
        const next = ranges[index + 1];
        if (next) expect(range.first + range.size).toBeLessThanOrEqual(next.first);
      });
    }),
  );
});

test('one more zone moves no subnet', () => {
  fc.assert(
    fc.property(vpcCidrs, (vpcCidr) => {
      const [two, three] = [planSubnets(vpcCidr, zones.slice(0, 2)), planSubnets(vpcCidr, zones)];
      expect(three.publicSubnets.slice(0, 2)).toEqual(two.publicSubnets);
      expect(three.privateSubnets.slice(0, 2)).toEqual(two.privateSubnets);
    }),
  );
});

test('a subnet tells its slot', () => {
  fc.assert(
    fc.property(vpcCidrs, (vpcCidr) => {
      const slots = planSubnets(vpcCidr, zones).publicSubnets.map(({ cidr }) => slotOf(vpcCidr, cidr));
      expect(slots).toEqual([0, 1, 2]);
    }),
  );
});
