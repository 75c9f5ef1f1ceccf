import { expect, test } from 'vitest';
import { formatCidr, isPrivate, parseCidr } from './ipv4.ts';

test('reads and writes a range', () => {
  expect(parseCidr('172.245.0.0/16')).toEqual({ first: 0xacf50000, size: 65536, prefix: 16 });
  expect(formatCidr({ first: 0xfffffff0, size: 16 })).toBe('255.255.255.240/28');
});

test.each([
  ['10.64.0.0/16', true],
  ['172.31.0.0/16', true],
  ['172.32.0.0/16', false],
  ['172.245.0.0/16', false],
  ['192.168.4.0/24', true],
  ['100.64.0.0/16', true],
  ['100.128.0.0/16', false],
])('%s is private: %s', (cidr, expected) => {
  expect(isPrivate(cidr)).toBe(expected);
});
