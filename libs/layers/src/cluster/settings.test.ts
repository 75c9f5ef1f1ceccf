import { expect, test } from 'vitest';
import { clusterConfig } from './settings.ts';

const { publicAccessCidrs } = clusterConfig.shape;
const messages = (ranges: unknown) =>
  publicAccessCidrs.safeParse(ranges).error?.issues.map(({ message }) => message);

test.each([
  [['198.51.100.0/24', '0.0.0.0/0'], undefined],
  [['198.51.100.7/24'], ['does not start on its own boundary; try 198.51.100.0/24']],
  [['198.51.100.0/24', '198.51.100.0/24'], ['names 198.51.100.0/24 twice; name each range once']],
  [['10.0.0.0/8'], [expect.stringMatching(/^10\.0\.0\.0\/8 is private; EKS takes public ranges only/)]],
  [[], [expect.stringContaining('at least one range')]],
])('publicAccessCidrs %j: %j', (ranges, expected) => {
  expect(messages(ranges)).toEqual(expected);
});
