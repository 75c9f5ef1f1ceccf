import { expect, test } from 'vitest';
import { percentile } from './histogram.ts';
import { after, broken, closed, fullRun, opened, refused, replied, setupOf, stateOf } from './testing/run.ts';
import { clientOf, MOST_CLIENTS, MOST_ENTRIES, MOST_SECONDS, OTHERS, reduce, startView } from './view.ts';

const setup = setupOf();
const start = startView(setup);

test('a connection takes a slot at its pod until it closes, and the lowest free one', () => {
  const two = reduce(start, [opened(1, 1, 1, 1), opened(2, 2, 3, 1)]);
  expect(two.pods['pod-1']?.map(({ client, slot }) => `${client} ${slot}`)).toEqual([
    'client-1 0',
    'client-2 1',
  ]);
  expect(clientOf(two, 'client-2')?.open).toBe(1);
  expect(two.edges['edge-3']).toMatchObject({ open: 1, admitted: 1 });
  const next = reduce(two, [closed(3, 1, 1, 1), opened(4, 3, 1, 1)]);
  expect(next.pods['pod-1']?.map(({ client, slot }) => `${client} ${slot}`)).toEqual([
    'client-2 1',
    'client-3 0',
  ]);
  expect(clientOf(next, 'client-1')).toMatchObject({ open: 0, admitted: 1 });
});

test('one event at a time and all at once come to the same, and nothing before is changed', () => {
  const events = fullRun(setup);
  const frozen = JSON.stringify(start);
  const together = reduce(start, events);
  const byOne = events.reduce((view, event) => {
    const before = JSON.stringify(view);
    const next = reduce(view, [event]);
    expect(JSON.stringify(view)).toBe(before);
    return next;
  }, start);
  expect(byOne).toEqual(together);
  expect(JSON.stringify(start)).toBe(frozen);
  expect(JSON.parse(JSON.stringify(together))).toEqual(together);
});

test('refusals count at their client, edge and second', () => {
  const view = reduce(start, [
    refused(1.2, 1, 2, 'rate'),
    refused(1.4, 1, 2, 'full'),
    refused(2, 3, 2, 'full'),
  ]);
  expect(clientOf(view, 'client-1')?.refused).toMatchObject({ rate: 1, full: 1 });
  expect(view.edges['edge-2']?.refused).toMatchObject({ rate: 1, full: 2 });
  expect(view.seconds.map((second) => second.refused.full)).toEqual([1, 1]);
});

test('what a log tells late counts in its second, whatever came between', () => {
  const view = reduce(start, [
    opened(3, 1, 1, 1),
    opened(1, 2, 1, 1),
    opened(2.5, 3, 1, 2),
    opened(2.9, 4, 1, 2),
  ]);
  expect(view.seconds.map(({ admitted }) => admitted)).toEqual([1, 2, 1]);
  expect(view.lastAdmissionMs).toBe(Date.parse(after(3)));
});

test('a promise that was broken stays so, with when and where it was seen first', () => {
  const state = stateOf(setup, 5, [2, 3, 2, 2]);
  const view = reduce(start, [
    { event: 'state', ...stateOf(setup, 4, [2, 2, 2, 2]) },
    { event: 'state', ...broken(state, 'limit', 'most ever: 2 3 2 2') },
    { event: 'state', ...broken({ ...state, at: after(6) }, 'limit', 'most ever: 2 4 2 2') },
    { event: 'state', ...stateOf(setup, 7, [2, 2, 2, 2]) },
  ]);
  expect(view.breaches).toMatchObject([
    { name: 'limit', at: after(5), where: 'pod-2', observed: 'most ever: 2 3 2 2' },
  ]);
});

test('a breach says since when the promise holds again, until it is broken anew', () => {
  const held = stateOf(setup, 5, [2, 2, 2, 2]);
  const over = broken(held, 'limit', 'most ever: 2 3 2 2');
  const unseen = { ...held, verdicts: held.verdicts.map((one) => ({ ...one, status: 'pending' as const })) };
  let view = start;
  const mendedAt = [over, unseen, held, unseen, held, over].map((state, n) => {
    view = reduce(view, [{ event: 'state', ...state, at: after(n) }]);
    return view.breaches[0]?.mendedAt;
  });
  expect(mendedAt).toEqual([undefined, undefined, after(2), after(2), after(2), undefined]);
});

test('a second keeps the limits that it had', () => {
  const changed = { ...setup, connectionsPerPod: 3, newConnectionsPerSecond: 2 };
  const view = reduce(start, [
    { event: 'state', ...stateOf(setup, 1, [2, 1, 0, 0], [2, 2, 0, 0]) },
    { event: 'setup', at: after(1.5), setup: changed },
    { event: 'state', ...stateOf(changed, 2, [3, 1, 0, 0]) },
    refused(3, 1, 1, 'rate'),
  ]);
  expect(view.seconds).toMatchObject([
    { fullest: 2, highWater: 2, limit: 2, rate: 1 },
    { fullest: 3, highWater: 3, limit: 3, rate: 2 },
    { fullest: 3, highWater: 3, limit: 3, rate: 2 },
  ]);
});

test('connections of an edge that is gone end as their pods say', () => {
  const events = [opened(1, 1, 1, 1), opened(2, 2, 2, 1)];
  const gone = { ...stateOf(setup, 3, [1, 0, 0, 0]) };
  gone.silent = { ...gone.silent, edges: [{ name: 'edge-1', seconds: 2 }] };
  const view = reduce(start, [...events, { event: 'state', ...gone }]);
  expect(view.pods['pod-1']?.map(({ client }) => client)).toEqual(['client-2']);
  // Control: without a silent edge a pod may only not have told yet.
  const kept = reduce(start, [...events, { event: 'state', ...stateOf(setup, 3, [1, 0, 0, 0]) }]);
  expect(kept.pods['pod-1']).toHaveLength(2);
});

test('memory is bounded over more than an hour of a storm of clients', () => {
  let view = start;
  for (let second = 1; second <= MOST_SECONDS + 100; second++) {
    view = reduce(view, [
      ...[1, 2, 3, 4].map((n) => refused(second, second * 4 + n, 1, 'rate')),
      { event: 'state', ...stateOf(setup, second, [2, 2, 2, 2]) },
    ]);
  }
  expect(view.seconds).toHaveLength(MOST_SECONDS);
  expect(view.entries).toHaveLength(MOST_ENTRIES);
  expect(view.clients.flatMap(Object.keys)).toHaveLength(MOST_CLIENTS + 1);
  expect(clientOf(view, OTHERS)?.refused.rate).toBeGreaterThan(0);
  expect(JSON.stringify(view).length).toBeLessThan(4_000_000);
});

test('percentiles are right within 6 %', () => {
  const view = reduce(
    start,
    Array.from({ length: 1000 }, (_, i) => replied(1, 1, 1, (i + 1) / 10)),
  );
  const histograms = view.seconds.map(({ replies }) => replies);
  for (const [p, exact] of [
    [0.5, 50],
    [0.99, 99],
  ] as const) {
    const found = percentile(histograms, p) ?? 0;
    expect(Math.abs(found - exact) / exact).toBeLessThan(0.06);
  }
  expect(percentile([], 0.5)).toBeNull();
});

test('who is gone has nothing open, be it a pod or an edge; who comes is there', () => {
  const before = reduce(start, [opened(1, 1, 1, 1), opened(2, 2, 2, 2), opened(3, 3, 3, 2)]);
  const other = setupOf({ pods: 5, edges: 4 });
  const changed = {
    ...other,
    pods: other.pods.filter(({ name }) => name !== 'pod-1'),
    edges: other.edges.filter(({ name }) => name !== 'edge-2'),
  };
  const view = reduce(before, [{ event: 'setup', at: after(4), setup: changed }]);
  expect(Object.keys(view.pods)).toEqual(['pod-2', 'pod-3', 'pod-4', 'pod-5']);
  expect(view.pods['pod-2']?.map(({ client }) => client)).toEqual(['client-3']);
  expect(Object.keys(view.edges).sort()).toEqual(['edge-1', 'edge-3', 'edge-4']);
  expect(['client-1', 'client-2', 'client-3'].map((name) => clientOf(view, name)?.open)).toEqual([0, 0, 1]);
});

test('a connection from before is open, and no admission of now', () => {
  const [event] = [opened(1, 1, 1, 1)];
  if (event?.event !== 'open') throw new Error('not opened');
  const view = reduce(start, [{ ...event, before: true }]);
  expect(view.pods['pod-1']).toHaveLength(1);
  expect(clientOf(view, 'client-1')).toMatchObject({ open: 1, admitted: 0 });
  expect(view.seconds).toEqual([]);
  expect(view.lastAdmissionMs).toBeUndefined();
});
