import { defaultLimits, type Limits } from './limits.ts';
import type { Topology } from './topology.ts';

/** The defaults, for as many pods as the example of addresses names; each edge admits its share. */
export const exampleLimits: Limits = { ...defaultLimits, serverReplicas: 4, admission: 'shared' };

/** The same with an endpoint picker. */
export const exactLimits: Limits = { ...exampleLimits, admission: 'exact' };

/** As in a cluster, for tests. */
export const dnsTopology: Topology = {
  ingress: { address: '0.0.0.0', port: 80 },
  stats: { address: '0.0.0.0', port: 9901 },
  lifecycle: { address: '0.0.0.0', port: 9903 },
  adminSocket: '@envoy-admin',
  servers: { kind: 'dns', name: 'envoy-poc-app-server-headless.envoy-poc.svc.cluster.local', port: 8080 },
  pickers: [0, 1].map((n) => ({
    kind: 'dns',
    name: `envoy-poc-endpoint-picker-${n}.envoy-poc-endpoint-picker-headless.envoy-poc.svc.cluster.local`,
    port: 9002,
  })),
  trustedProxyCidrs: ['172.245.0.0/20', '172.245.16.0/20'],
  internalCidrs: ['172.245.0.0/16'],
};

/** As on one machine, for tests. */
export const addressTopology: Topology = {
  ingress: { address: '127.0.2.1', port: 8000 },
  stats: { address: '127.0.2.1', port: 9901 },
  lifecycle: { address: '127.0.2.1', port: 9903 },
  adminSocket: '@envoy-admin-127.0.2.1',
  source: '127.0.2.1',
  servers: {
    kind: 'addresses',
    addresses: [1, 2, 3, 4].map((n) => ({ address: `127.0.1.${n}`, port: 8080 })),
  },
  pickers: [1, 2].map((n) => ({
    kind: 'addresses',
    addresses: [{ address: `127.0.4.${n}`, port: 9002 }],
  })),
  trustedProxyCidrs: [],
  internalCidrs: [],
};
