import { expect, test } from 'vitest';
import { architectureOf } from './architecture.ts';
import { instanceTypes } from './prices.ts';

test.each([
  't4g.medium',
  'm7gd.large',
  'c7gn.16xlarge',
  'x2gd.metal',
  'im4gn.large',
  'g5g.xlarge',
  'a1.large',
  'm8g-flex.large',
])('%s has arm64 processors', (type) => expect(architectureOf(type)).toBe('arm64'));

test.each([
  't3.medium',
  't3a.medium',
  'm7i-flex.large',
  'g4dn.xlarge',
  'g6.xlarge',
  'g6e.xlarge',
  'p4de.24xlarge',
  'u-6tb1.metal',
])('%s has x86_64 processors', (type) => expect(architectureOf(type)).toBe('x86_64'));

test('the table of prices agrees', () => {
  for (const [type, { architecture }] of Object.entries(instanceTypes)) {
    expect(architectureOf(type), type).toBe(architecture);
  }
});
