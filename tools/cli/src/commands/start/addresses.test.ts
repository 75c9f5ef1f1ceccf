import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allAddresses, edgeReadyPort, planAddresses, show } from './addresses.ts';

const counts = fc.record({
  serverReplicas: fc.integer({ min: 1, max: 100 }),
  edgeReplicas: fc.integer({ min: 1, max: 20 }),
  clientReplicas: fc.integer({ min: 0, max: 200 }),
  admission: fc.constantFrom('exact' as const, 'shared' as const),
  manyAddresses: fc.boolean(),
});

test('nothing of a run listens where something else of it does', () => {
  fc.assert(
    fc.property(counts, (input) => {
      const all = allAddresses(planAddresses(input)).map(({ at }) => show(at));
      expect(new Set(all).size).toBe(all.length);
      expect(all).not.toContain('127.0.0.1:7070');
    }),
  );
});

test('with one loopback address, ports tell them apart', () => {
  const { pods, edges } = planAddresses({
    serverReplicas: 2,
    edgeReplicas: 1,
    clientReplicas: 0,
    manyAddresses: false,
  });
  expect(pods.map(show)).toEqual(['127.0.0.1:8080', '127.0.0.1:8090']);
  expect(show(edges[0]?.ingress ?? { address: '', port: 0 })).toBe('127.0.0.1:8005');
});

test('edges are asked whether they drain where one port finds them all', () => {
  const portOf = (edges: number, manyAddresses: boolean) =>
    edgeReadyPort(
      planAddresses({ serverReplicas: 1, edgeReplicas: edges, clientReplicas: 0, manyAddresses }),
    );
  expect([portOf(3, true), portOf(1, false), portOf(3, false)]).toEqual([9901, 9901, undefined]);
});

test('with many, addresses do, and ports are those of the cluster', () => {
  const { pods, clients } = planAddresses({
    serverReplicas: 2,
    edgeReplicas: 1,
    clientReplicas: 1,
    network: '127.7',
    manyAddresses: true,
  });
  expect(pods.map(show)).toEqual(['127.7.1.1:8080', '127.7.1.2:8080']);
  expect(clients.map(show)).toEqual(['127.7.3.1:9104']);
});

test('there are two pickers where one of them admits, and none otherwise', () => {
  const pickersOf = (admission: 'exact' | 'shared', manyAddresses: boolean) =>
    planAddresses({
      serverReplicas: 1,
      edgeReplicas: 1,
      clientReplicas: 0,
      admission,
      manyAddresses,
    }).pickers.map(({ decisions, reports }) => `${show(decisions)} ${show(reports)}`);
  expect(pickersOf('shared', true)).toEqual([]);
  expect(pickersOf('exact', true)).toEqual([
    '127.0.4.1:9002 127.0.4.1:9003',
    '127.0.4.2:9002 127.0.4.2:9003',
  ]);
  expect(pickersOf('exact', false)).toEqual([
    '127.0.0.1:9002 127.0.0.1:9003',
    '127.0.0.1:9012 127.0.0.1:9013',
  ]);
});
