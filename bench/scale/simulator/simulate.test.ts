import { expect, test } from 'vitest';
import { type Outcome, type Setting, servedShare } from './setting.ts';
import { simulate } from './simulate.ts';

const base: Setting = {
  ...{ seed: 1, pods: 100, slotsPerPod: 2, freeSlots: 10, admissionsPerSecond: 10, edges: 4, workers: 2 },
  ...{ order: 'own', tries: 11, warmUpSeconds: 5, seconds: 200 },
};
const checks = { intervalSeconds: 1, initialJitterSeconds: 1 };
const run = (setting: Partial<Setting>): Outcome => simulate({ ...base, ...setting });

test('the same seed has the same outcome, another seed another', () => {
  const outcome = run({ checks });
  expect(run({ checks })).toEqual(outcome);
  expect(run({ checks, seed: 2 })).not.toEqual(outcome);
});

test('edges that know at once never refuse while a slot is free, and need one try', () => {
  const outcome = run({ checks: { intervalSeconds: 0 }, hopSeconds: 0, freeSlots: 1, tries: 1 });
  expect(outcome.servable).toBeGreaterThan(1500);
  expect(servedShare(outcome, 1)).toBe(1);
});

test('control: edges that know a second late do', () => {
  expect(servedShare(run({ checks, freeSlots: 1, tries: 1 }), 1)).toBeLessThan(0.7);
});

test('without checks as many tries as pods always find the slot, half as many do not', () => {
  const blind: Partial<Setting> = { freeSlots: 1, hopSeconds: 0, admissionsPerSecond: 0.2, seconds: 5000 };
  expect(servedShare(run({ ...blind, tries: 100 }), 100)).toBe(1);
  expect(servedShare(run({ ...blind, tries: 50 }), 50)).toBeLessThan(0.9);
});

test('more tries, more free slots, slower churn and more frequent checks find more', () => {
  const share = (setting: Partial<Setting>) => {
    const tries = setting.tries ?? 2;
    return servedShare(run({ checks, tries, seconds: 1000, ...setting }), tries);
  };
  const asItIs = share({});
  expect(share({ tries: 4 })).toBeGreaterThan(asItIs);
  expect(share({ freeSlots: 40 })).toBeGreaterThan(asItIs);
  expect(share({ admissionsPerSecond: 2 })).toBeGreaterThan(asItIs);
  expect(share({ checks: { intervalSeconds: 0.25, initialJitterSeconds: 0.25 } })).toBeGreaterThan(asItIs);
});

test('the law: only admissions/s × interval ÷ free slots counts', () => {
  const share = (setting: Partial<Setting>) => servedShare(run({ ...setting, tries: 4, seconds: 400 }), 1);
  const once = share({ pods: 400, freeSlots: 40, admissionsPerSecond: 20, checks });
  const halfTheTime = { intervalSeconds: 0.5, initialJitterSeconds: 0.5 };
  expect(share({ pods: 400, freeSlots: 40, admissionsPerSecond: 40, checks: halfTheTime })).toBeCloseTo(
    once,
    1,
  );
  expect(share({ pods: 800, freeSlots: 80, admissionsPerSecond: 40, checks })).toBeCloseTo(once, 1);
  expect(share({ pods: 400, freeSlots: 40, admissionsPerSecond: 80, checks })).toBeLessThan(once - 0.1);
});

test('full pods that are unhealthy are not asked: with none believed free, nobody is', () => {
  const slow = { intervalSeconds: 1, fullIntervalSeconds: 1e6, initialJitterSeconds: 1 };
  const asked = run({ checks: slow, freeSlots: 2, tries: 100 });
  const notAsked = run({ checks: { ...slow, full: 'unhealthy' }, freeSlots: 2, tries: 100 });
  expect(servedShare(notAsked, 100)).toBeLessThan(servedShare(asked, 100));
});

test('a picker that hears at once finds the slot at the first try, whatever the checks', () => {
  const outcome = run({
    ...{ reports: { delaySeconds: 0 }, checks: { intervalSeconds: 60 }, freeSlots: 1, seconds: 1000 },
  });
  expect(outcome.servable).toBeGreaterThan(5000);
  expect(servedShare(outcome, 1)).toBe(1);
});

test('a picker that hears late says "full" of slots that it does not know of yet', () => {
  const late = run({ reports: { delaySeconds: 0.5 }, freeSlots: 3 });
  expect(servedShare(late, base.tries)).toBeLessThan(0.9);
  const enoughFree = run({ reports: { delaySeconds: 0.5 }, freeSlots: 40 });
  expect(servedShare(enoughFree, base.tries)).toBeGreaterThan(0.99);
});

test('lost reports never make it name a full pod: a hand-out counts until the next report, within a second', () => {
  const lost = { reports: { delaySeconds: 0, lost: 1 }, checks };
  expect(servedShare(run({ ...lost, freeSlots: 40 }), 1)).toBe(1);
  // But it says "full" of a slot whose end it has not heard of.
  expect(servedShare(run({ ...lost, freeSlots: 1 }), base.tries)).toBeLessThan(0.9);
});

test('replaced pods lose their connections and come back empty', () => {
  const outcome = run({ checks, podLifetimeSeconds: 100, podAwaySeconds: 5, freeSlots: 40 });
  expect(outcome.servable).toBeGreaterThan(2000);
  expect(servedShare(outcome, base.tries)).toBeGreaterThan(0.99);
});
