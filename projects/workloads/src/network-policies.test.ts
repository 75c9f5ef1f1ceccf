import type { LayerRun } from '@envoy-poc/layers/testing';
import { expect, test } from 'vitest';
import { kubernetesObjects, published, run } from './testing.ts';

/** The network policies in words: who may be talked to, by whom, on which ports. */
function waysOf(all: LayerRun): string[] {
  interface Peer {
    podSelector?: { matchLabels: Record<string, string> };
    namespaceSelector?: { matchLabels: Record<string, string> };
    ipBlock?: { cidr: string };
  }
  interface Rule {
    from?: Peer[];
    to?: Peer[];
    ports: { port: number; protocol: string }[];
  }
  const nameOf = (peer: Peer) =>
    peer.ipBlock?.cidr ??
    [peer.namespaceSelector, peer.podSelector]
      .flatMap((selector) => Object.values(selector?.matchLabels ?? {}))
      .join('/');
  return kubernetesObjects(all)
    .filter(({ type }) => type.endsWith(':NetworkPolicy'))
    .flatMap(({ inputs }) => {
      const {
        podSelector,
        ingress = [],
        egress = [],
      } = inputs.spec as {
        podSelector: { matchLabels?: Record<string, string> };
        ingress?: Rule[];
        egress?: Rule[];
      };
      const self = nameOf({ podSelector: { matchLabels: {}, ...podSelector } });
      const words = ({ ports }: Rule) => ports.map(({ port, protocol }) => `${protocol} ${port}`).join(', ');
      return [
        ...ingress.flatMap((rule) =>
          (rule.from ?? [{}]).map((peer) => `${nameOf(peer)} -> [${self}] ${words(rule)}`),
        ),
        ...egress.flatMap((rule) =>
          (rule.to ?? [{}]).map((peer) => `[${self}] -> ${nameOf(peer)} ${words(rule)}`),
        ),
      ];
    })
    .sort();
}

test('clients reach the edge, the edge the servers, the load balancer the edge, servers ask the edge, names are looked up; nothing else', async () => {
  const all = await run({ admission: 'shared' });
  expect(all.resource('envoy_poc_default_deny_network_policy').inputs.spec).toEqual({
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
  });
  expect(waysOf(all)).toEqual([
    ...published.network.publicSubnets.map(({ cidr }) => `${cidr} -> [envoy-poc-edge] TCP 80`),
    '[envoy-poc-app-client] -> envoy-poc-edge TCP 80',
    '[envoy-poc-app-client] -> kube-system/kube-dns UDP 53, TCP 53',
    '[envoy-poc-app-server] -> envoy-poc-edge TCP 9901',
    '[envoy-poc-edge] -> envoy-poc-app-server TCP 8080',
    '[envoy-poc-edge] -> kube-system/kube-dns UDP 53, TCP 53',
    'envoy-poc-app-client -> [envoy-poc-edge] TCP 80',
    'envoy-poc-app-server -> [envoy-poc-edge] TCP 9901',
    'envoy-poc-edge -> [envoy-poc-app-server] TCP 8080',
  ]);
});

test('where pickers admit, edges ask them, servers look them up and tell them; pickers call nobody', async () => {
  const shared = waysOf(await run({ admission: 'shared' }));
  const all = await run({ admission: 'exact' });
  expect(waysOf(all).filter((way) => !shared.includes(way))).toEqual([
    '[envoy-poc-app-server] -> envoy-poc-endpoint-picker TCP 9003',
    '[envoy-poc-app-server] -> kube-system/kube-dns UDP 53, TCP 53',
    '[envoy-poc-edge] -> envoy-poc-endpoint-picker TCP 9002',
    'envoy-poc-app-server -> [envoy-poc-endpoint-picker] TCP 9003',
    'envoy-poc-edge -> [envoy-poc-endpoint-picker] TCP 9002',
  ]);
  expect(all.resource('envoy_poc_endpoint_picker_network_policy').inputs.spec).toMatchObject({
    policyTypes: ['Ingress', 'Egress'],
  });
});

test('statistics can be read from one namespace, when one is named', async () => {
  const ways = waysOf(await run({ admission: 'exact', monitoringNamespace: 'monitoring' })).filter((way) =>
    way.startsWith('monitoring'),
  );
  expect(ways).toEqual([
    'monitoring -> [envoy-poc-app-client] TCP 9100',
    'monitoring -> [envoy-poc-app-server] TCP 8080',
    'monitoring -> [envoy-poc-edge] TCP 9901',
    'monitoring -> [envoy-poc-endpoint-picker] TCP 9002',
  ]);
});
