import { expect, test } from 'vitest';
import { checkEdge, demandFaults, limitFaults } from './check.ts';
import { EdgeConfigError, type LimitFault } from './errors.ts';
import { addressTopology, dnsTopology } from './examples.ts';
import { defaultDemand, defaultLimits, type Limits } from './limits.ts';
import type { Topology } from './topology.ts';

const told = (faults: readonly LimitFault[]) => faults.map(({ key, message }) => `${key}: ${message}`);

const ofLimits = (limits: Partial<Limits>) => limitFaults({ ...defaultLimits, ...limits });

function ofTopology(topology: Partial<Topology>, limits: Partial<Limits> = {}): LimitFault[] {
  try {
    checkEdge({ ...defaultLimits, serverReplicas: 4, ...limits }, { ...dnsTopology, ...topology });
    return [];
  } catch (error) {
    if (!(error instanceof EdgeConfigError)) throw error;
    return [...error.faults];
  }
}

test('the defaults and the examples are fine', () => {
  expect(ofLimits({})).toEqual([]);
  expect(demandFaults(defaultDemand)).toEqual([]);
  expect(ofTopology({})).toEqual([]);
  expect(ofTopology(addressTopology)).toEqual([]);
});

test.each<[string, Partial<Limits>, RegExp]>([
  ['a rate of zero', { newConnectionsPerSecond: 0 }, /^newConnectionsPerSecond: must be above 0 a second$/],
  [
    'a rate for a client of zero',
    { newConnectionsPerSecondPerClient: 0 },
    /^newConnectionsPerSecondPerClient: must be above 0/,
  ],
  [
    'a rate above what anybody counts',
    { newConnectionsPerSecond: 1_000_001 },
    /^newConnectionsPerSecond: must be 1000000 a second or less$/,
  ],
  [
    'a rate with a longer pause than anybody counts',
    { edgeReplicas: 3, newConnectionsPerSecond: 1e-6 },
    /^newConnectionsPerSecond: each of 3 edges would admit one in 3000000 s; .*: set 0\.000001/,
  ],
  [
    'the same for a client',
    { edgeReplicas: 3, newConnectionsPerSecondPerClient: 1e-6 },
    /^newConnectionsPerSecondPerClient: each of 3 edges would admit one in 3000000 s/,
  ],
  [
    'pings slower than the load balancer’s time',
    { pingIntervalSeconds: 310 },
    /^pingIntervalSeconds: a quiet connection would be cut by the load balancer after 300 s/,
  ],
  [
    'a load balancer that waits longer than the edge',
    { albIdleTimeoutSeconds: 330 },
    /^albIdleTimeoutSeconds: the edge must wait longer than the load balancer/,
  ],
  [
    'a longer time than a load balancer takes',
    { albIdleTimeoutSeconds: 5000 },
    /^albIdleTimeoutSeconds: must be 4000 or less/,
  ],
  ['no pods', { serverReplicas: 0 }, /^serverReplicas: must be 1 or more$/],
  ['more pods than an edge can ask', { serverReplicas: 1001 }, /^serverReplicas: must be 1000 or less$/],
  ['half a connection', { connectionsPerPod: 1.5 }, /^connectionsPerPod: must be a whole number$/],
  ['no edges', { edgeReplicas: 0 }, /^edgeReplicas: must be 1 or more$/],
  ['no time to drain', { edgeDrainSeconds: 0 }, /^edgeDrainSeconds: must be 1 second or more$/],
  [
    'an edge that goes before its clients are told',
    { edgeDrainSeconds: 14 },
    /^edgeDrainSeconds: the servers tell .* within 10 s \(serverDrainSeconds\) and 5 s more: set at least 15/,
  ],
  [
    'more connections on all pods than an edge holds',
    { serverReplicas: 4, connectionsPerPod: 501 },
    /^connectionsPerPod: 4 pods would hold 2004 connections, and one edge .* all of them: it holds 2000; set 500/,
  ],
  [
    'a time beyond all timers',
    { edgeDrainSeconds: 2_147_484 },
    /^edgeDrainSeconds: must be 2147483 seconds \(24 days\) or less$/,
  ],
])('%s is one clear fault, by the name of the field', (_, limits, message) => {
  expect(told(ofLimits(limits))).toEqual([expect.stringMatching(message)]);
});

test('a demand that no client can have', () => {
  const demand = { ...defaultDemand, messageIntervalMinSeconds: 30, messageIntervalMaxSeconds: 20 };
  expect(told(demandFaults(demand))).toEqual([
    'messageIntervalMinSeconds: must be at most messageIntervalMaxSeconds, 20',
  ]);
  expect(told(demandFaults({ ...defaultDemand, clientReplicas: -1 }))).toEqual([
    'clientReplicas: must be 0 or more',
  ]);
});

test.each<[string, Partial<Topology>, RegExp]>([
  ['a source that is no address', { source: 'edge-1' }, /^topology\.source: must be an IPv4 address/],
  [
    'an administration that a web page would reach',
    { adminSocket: '127.0.0.1:9902' },
    /^topology\.adminSocket: must be the absolute path of a Unix socket/,
  ],
  ['a socket longer than the system takes', { adminSocket: `/${'x'.repeat(100)}` }, /adminSocket/],
  [
    'two listeners in one place',
    { stats: { address: '0.0.0.0', port: 80 } },
    /^topology\.stats: ingress listens there/,
  ],
  ['a port that is none', { ingress: { address: '0.0.0.0', port: 70000 } }, /^topology\.ingress\.port/],
  ['a name for an address', { ingress: { address: 'localhost', port: 80 } }, /^topology\.ingress\.address/],
  ['a range that is none', { trustedProxyCidrs: ['10.0.0.0'] }, /^topology\.trustedProxyCidrs\[0\]/],
  ['everybody trusted', { trustedProxyCidrs: ['0.0.0.0/0'] }, /let everybody forge/],
  ['a broken DNS name', { servers: { kind: 'dns', name: '-x', port: 80 } }, /^topology\.servers\.name/],
])('%s is one clear fault', (_, topology, message) => {
  expect(told(ofTopology(topology))).toEqual([expect.stringMatching(message)]);
});

const exact = { admission: 'exact' } as const;
const picker = { kind: 'addresses', addresses: [{ address: '127.0.4.1', port: 9002 }] } as const;

test('exact admission by whom the topology names', () => {
  expect(ofTopology({}, exact)).toEqual([]);
  expect(ofTopology({ pickers: [picker] }, exact)).toEqual([]);
  expect(ofTopology({ pickers: [] }, { admission: 'shared' })).toEqual([]);
});

test.each<[string, Topology['pickers'], RegExp]>([
  ['no picker', [], /^topology\.pickers: exact admission needs an endpoint picker: name one, or set/],
  ['pickers left out', undefined, /^topology\.pickers: exact admission needs an endpoint picker/],
  [
    'two pickers in one place of the order',
    [{ kind: 'addresses', addresses: [1, 2].map((n) => ({ address: `127.0.4.${n}`, port: 9002 })) }],
    /^topology\.pickers\[0\]: must be one host/,
  ],
  ['a picker named twice', [picker, picker], /^topology\.pickers\[1\]: is named before/],
  [
    'a picker without an address',
    [{ kind: 'addresses', addresses: [{ address: 'picker', port: 9002 }] }],
    /^topology\.pickers\[0\]\.addresses\[0\]\.address: must be an IPv4 address/,
  ],
  [
    'a picker with a port that is none',
    [{ kind: 'dns', name: 'picker', port: 0 }],
    /^topology\.pickers\[0\]\.port/,
  ],
  [
    'a picker with a broken name',
    [picker, { kind: 'dns', name: '-', port: 9002 }],
    /^topology\.pickers\[1\]\.name/,
  ],
])('%s is one clear fault', (_, pickers, message) => {
  const topology = pickers ? { pickers } : {};
  const { pickers: __, ...others } = dnsTopology;
  const check = () => checkEdge({ ...defaultLimits, ...exact }, { ...others, ...topology });
  expect(check).toThrow(EdgeConfigError);
  try {
    check();
  } catch (error) {
    expect(told((error as EdgeConfigError).faults)).toEqual([expect.stringMatching(message)]);
  }
});

test('other pods than the topology’s', () => {
  expect(told(ofTopology({ servers: addressTopology.servers }, { serverReplicas: 5 }))).toEqual([
    'serverReplicas: the topology names 4 servers: the two must agree',
  ]);
});

test('a host named twice', () => {
  const addresses = [addressTopology.ingress, addressTopology.ingress];
  expect(told(ofTopology({ servers: { kind: 'addresses', addresses } }, { serverReplicas: 2 }))).toEqual([
    'topology.servers.addresses: must not name a host twice',
  ]);
});

test('a fault is data: what kind it is, where, the value and the next step', () => {
  expect(ofLimits({ connectionsPerPod: 0 })).toEqual([
    { code: 'VALUE', key: 'connectionsPerPod', value: 0, message: 'must be 1 or more' },
  ]);
  expect(ofLimits({ serverReplicas: 4, connectionsPerPod: 501 })).toMatchObject([
    { code: 'CAPACITY', key: 'connectionsPerPod', value: 501 },
  ]);
});

test('all faults are reported together, with the values', () => {
  const check = () => checkEdge({ ...defaultLimits, serverReplicas: -1, edgeReplicas: 1.5 }, dnsTopology);
  expect(check).toThrow(/serverReplicas = -1/);
  expect(check).toThrow(/edgeReplicas = 1\.5/);
  expect(ofLimits({ pingIntervalSeconds: 999, edgeDrainSeconds: 1 }).map(({ code }) => code)).toEqual([
    'IDLE_TIMES',
    'DRAIN_TIMES',
  ]);
});
