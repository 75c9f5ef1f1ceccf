import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { admitted, load, startPlane } from './harness.ts';

const seconds = 20;
const roomy = { pods: 2, connectionsPerPod: 1000, admissionsPerSecond: 1 };

test('one edge, 20 attempts a second: 20 ± 1 in 20 s', async () => {
  const plane = await startPlane({ ...roomy, edges: 1 });
  await sleep(1100);
  const attempts = await load(plane, { perSecond: 20, seconds });
  expect(admitted(attempts)).toBeGreaterThanOrEqual(seconds - 1);
  expect(admitted(attempts)).toBeLessThanOrEqual(seconds + 1);
  const refused = attempts.filter(({ status }) => status !== 101);
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([429]));
  expect(refused[0]?.headers).toMatchObject({
    'retry-after': '1',
    'x-ratelimit-limit': expect.any(String),
  });
});
