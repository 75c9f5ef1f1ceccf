import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Demand, Limits, SocketAddress } from '@envoy-poc/edge';
import { PICKER_REPLICAS } from '@envoy-poc/layers/workloads';

/** Where everything of one run listens. */
export interface Addresses {
  pods: SocketAddress[];
  edges: EdgePlace[];
  clients: SocketAddress[];
  /** Empty where each edge admits its share by itself. */
  pickers: PickerPlace[];
}

/** Where one edge listens. */
export interface EdgePlace {
  ingress: SocketAddress;
  stats: SocketAddress;
  lifecycle: SocketAddress;
  /** Unix socket of Envoy's administration. */
  adminSocket: string;
}

/** Where one endpoint picker listens. */
export interface PickerPlace {
  /** For the questions of edges, its health and its metrics. */
  decisions: SocketAddress;
  /** For the streams of pods. */
  reports: SocketAddress;
}

export interface PlacesInput
  extends Pick<Limits, 'serverReplicas' | 'edgeReplicas'>,
    Partial<Pick<Limits, 'admission'>>,
    Pick<Demand, 'clientReplicas'> {
  /** First two numbers of the loopback addresses; runs with different ones do not meet. */
  network?: string;
  /** Whether every address of 127.0.0.0/8 can be used, as on Linux; otherwise ports tell them apart. */
  manyAddresses?: boolean;
}

/** Unix socket of the administration of the edge that listens there; one without a file, where there are such. */
function adminSocket({ address, port }: SocketAddress): string {
  if (process.platform === 'linux') return `@envoy-admin-${address}:${port}`;
  return join(tmpdir(), `envoy-admin-${address}-${port}.sock`);
}

/**
 * Plans addresses: pods `127.0.1.n:8080`, edges `127.0.2.n:8000`, clients `127.0.3.n:9104`, pickers `127.0.4.n:9002`.
 */
export function planAddresses(input: PlacesInput): Addresses {
  const { network = '127.0', manyAddresses = process.platform === 'linux' } = input;
  const place = (group: number, n: number, port: number): SocketAddress =>
    manyAddresses
      ? { address: `${network}.${group}.${n}`, port }
      : { address: '127.0.0.1', port: port + (n - 1) * 10 };
  const each = <T>(count: number, of: (n: number) => T) => Array.from({ length: count }, (_, i) => of(i + 1));
  return {
    pods: each(input.serverReplicas, (n) => place(1, n, 8080)),
    edges: each(input.edgeReplicas, (n) => ({
      ingress: place(2, n, 8000 + (manyAddresses ? 0 : 5)),
      stats: place(2, n, 9901),
      lifecycle: place(2, n, 9903),
      adminSocket: adminSocket(place(2, n, 9902)),
    })),
    clients: each(input.clientReplicas, (n) => place(3, n, 9104)),
    pickers: each(input.admission === 'exact' ? PICKER_REPLICAS : 0, (n) => ({
      decisions: place(4, n, 9002),
      reports: place(4, n, 9003),
    })),
  };
}

/** Every address of a plan, with the name of what will listen there. */
export function allAddresses(places: Addresses): { name: string; at: SocketAddress }[] {
  return [
    ...places.pods.map((at, i) => ({ name: `pod-${i + 1}`, at })),
    ...places.edges.flatMap((edge, i) =>
      (['ingress', 'stats', 'lifecycle'] as const).map((listener) => ({
        name: `edge-${i + 1} (${listener})`,
        at: edge[listener],
      })),
    ),
    ...places.clients.map((at, i) => ({ name: `client-${i + 1}`, at })),
    ...places.pickers.flatMap((picker, i) =>
      (['decisions', 'reports'] as const).map((listener) => ({
        name: `picker-${i + 1} (${listener})`,
        at: picker[listener],
      })),
    ),
  ];
}

/** The port on which each edge says whether it drains; undefined where only ports tell the edges apart. */
export function edgeReadyPort({ edges }: Pick<Addresses, 'edges'>): number | undefined {
  const addresses = new Set(edges.map(({ stats }) => stats.address));
  return addresses.size === edges.length ? edges[0]?.stats.port : undefined;
}

/** `127.0.1.2:8080`. */
export function show(at: SocketAddress): string {
  return `${at.address}:${at.port}`;
}
