import { defaultLimits } from '@envoy-poc/edge';
import { expect, test } from 'vitest';
import { EdgeLimits } from './edge-limits.ts';

test('an edge has the limits that it was started with last', () => {
  const other = { ...defaultLimits, newConnectionsPerSecond: 5 };
  const limits = new EdgeLimits([
    { edge: 'edge-1', atMs: 1000, limits: defaultLimits },
    { edge: 'edge-1', atMs: 2000, limits: other },
    { edge: 'edge-2', atMs: 1000, limits: undefined },
  ]);
  expect(limits.at('edge-1', 999)).toBeUndefined();
  expect(limits.at('edge-1', 1999)).toBe(defaultLimits);
  expect(limits.at('edge-1', 2000)).toBe(other);
  expect(limits.at('edge-2', 2000)).toBeUndefined();
  limits.started({ edge: 'edge-2', atMs: 3000, limits: other });
  expect(limits.at('edge-2', 3000)).toBe(other);
});
