import { expect, test } from 'vitest';
import { checkEdge } from './check.ts';
import { EdgeConfigError } from './errors.ts';
import { addressTopology, dnsTopology, exampleLimits } from './examples.ts';
import type { EdgeLimits } from './limits.ts';
import type { Topology } from './topology.ts';

function problems(limits: Partial<EdgeLimits>, topology: Partial<Topology> = {}): string[] {
  try {
    checkEdge({ ...exampleLimits, ...limits }, { ...dnsTopology, ...topology });
    return [];
  } catch (error) {
    if (!(error instanceof EdgeConfigError)) throw error;
    return error.problems.map((p) => `${p.path}: ${p.message}`);
  }
}

test('the examples are fine', () => {
  expect(problems({})).toEqual([]);
  expect(problems({}, addressTopology)).toEqual([]);
});

test.each<[string, Partial<EdgeLimits>, Partial<Topology>, RegExp]>([
  [
    'a bucket below one token an edge',
    { admission: { perSecond: 1, burst: 2 } },
    {},
    /^limits\.admission\.burst: .*refuses everybody: set 3 or more/,
  ],
  [
    'a client bucket below one token an edge',
    { admissionPerClient: { perSecond: 1, burst: 1 } },
    {},
    /^limits\.admissionPerClient\.burst/,
  ],
  ['a rate of zero', { admission: { perSecond: 0, burst: 3 } }, {}, /^limits\.admission\.perSecond/],
  [
    'pings slower than the idle time-out',
    { pingIntervalSeconds: 330 },
    {},
    /^limits\.pingIntervalSeconds: a quiet connection would be cut after 330 s/,
  ],
  ['no retries with several pods', { retries: 0 }, {}, /^limits\.retries: with 4 pods/],
  ['more retries than other pods', { retries: 4 }, {}, /^limits\.retries: there are only 3 other pods/],
  ['a try longer than all tries', { tryTimeoutSeconds: 6 }, {}, /^limits\.tryTimeoutSeconds/],
  ['no pods', { pods: 0, retries: 0 }, {}, /^limits\.pods/],
  ['half a connection', { connectionsPerPod: 1.5 }, {}, /^limits\.connectionsPerPod/],
  ['no time to drain', { drainSeconds: 0 }, {}, /^limits\.drainSeconds/],
  [
    'fewer connections than the pods hold',
    { downstreamConnections: 7 },
    {},
    /^limits\.downstreamConnections: .*all 8/,
  ],
  [
    'more connections than Envoy counts',
    { downstreamConnections: 2 ** 32 },
    {},
    /^limits\.downstreamConnections: must be at most 4294967295$/,
  ],
  [
    'more connections on all pods than Envoy counts',
    { pods: 1, retries: 0, connectionsPerPod: 2e9, downstreamConnections: 2e9 },
    {},
    /^limits\.connectionsPerPod: 1 pods would hold 2000000000 connections/,
  ],
  [
    'more tokens than Envoy counts',
    { admission: { perSecond: 1, burst: 2 ** 32 } },
    {},
    /^limits\.admission\.burst: must be at most 4294967295$/,
  ],
  [
    'a rate with a longer pause than anybody counts',
    { admission: { perSecond: 1e-6, burst: 3 } },
    {},
    /^limits\.admission\.perSecond: each of 3 edges would admit one in 3000000 s; .*: set 0\.000001/,
  ],
  [
    'a time beyond all timers',
    { drainSeconds: 2_147_484 },
    {},
    /^limits\.drainSeconds: must be at most 2147483/,
  ],
  [
    'a time that Envoy would take for none',
    { tryTimeoutSeconds: 0.0004 },
    {},
    /^limits\.tryTimeoutSeconds: must be at least 0\.001 seconds$/,
  ],
  ['a heap Envoy cannot start in', { heapBytes: 1e6 }, {}, /^limits\.heapBytes/],
  ['a source that is no address', {}, { source: 'edge-1' }, /^topology\.source: must be an IPv4 address/],
  [
    'an administration that a web page would reach',
    {},
    { adminSocket: '127.0.0.1:9902' },
    /^topology\.adminSocket: must be the absolute path of a Unix socket/,
  ],
  ['a socket longer than the system takes', {}, { adminSocket: `/${'x'.repeat(100)}` }, /adminSocket/],
  [
    'two listeners in one place',
    {},
    { stats: { address: '0.0.0.0', port: 80 } },
    /^topology\.stats: ingress listens there/,
  ],
  ['a port that is none', {}, { ingress: { address: '0.0.0.0', port: 70000 } }, /^topology\.ingress\.port/],
  [
    'a name for an address',
    {},
    { ingress: { address: 'localhost', port: 80 } },
    /^topology\.ingress\.address/,
  ],
  ['a range that is none', {}, { trustedProxyCidrs: ['10.0.0.0'] }, /^topology\.trustedProxyCidrs\[0\]/],
  ['everybody trusted', {}, { trustedProxyCidrs: ['0.0.0.0/0'] }, /let everybody forge/],
  ['a broken DNS name', {}, { servers: { kind: 'dns', name: '-x', port: 80 } }, /^topology\.servers\.name/],
  [
    'other pods than the topology’s',
    { pods: 5, retries: 4 },
    { servers: addressTopology.servers },
    /^limits\.pods: the topology names 4 servers/,
  ],
  [
    'a host named twice',
    { pods: 2, retries: 1 },
    { servers: { kind: 'addresses', addresses: [addressTopology.ingress, addressTopology.ingress] } },
    /^topology\.servers\.addresses: must not name a host twice/,
  ],
])('%s is one clear problem', (_, limits, topology, message) => {
  expect(problems(limits, topology)).toEqual([expect.stringMatching(message)]);
});

test('all problems are reported together, with the values', () => {
  const limits = { ...exampleLimits, pods: -1, retries: 0, pingIntervalSeconds: 999 };
  const check = () => checkEdge(limits, dnsTopology);
  expect(check).toThrow(/limits\.pods = -1/);
  expect(check).toThrow(/limits\.pingIntervalSeconds = 999/);
});
