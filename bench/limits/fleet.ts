import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Addresses,
  type Child,
  edgeReady,
  localBootstrap,
  planAddresses,
  type Reaper,
  show,
  startPicker,
} from '@envoy-poc/cli/start';
import { defaultLimits, type Limits } from '@envoy-poc/edge';
import type { RunningServer } from '@envoy-poc/ws-server';
import { runEnvoy, runPeer, runPods } from '../processes.ts';
import type { Design } from './designs.ts';
import { askRatelimit, type Bootstrap, limitAtTheEdge } from './envoys.ts';
import { haproxyConfig, nginxConfig, refuserConfig } from './peers.ts';
import { startRatelimit } from './ratelimit.ts';

/** Proxies of one design in front of real server pods. */
export interface Fleet extends AsyncDisposable {
  pods: RunningServer[];
  /** Where clients connect. */
  urls: string[];
  /** Waits until no pod has a connection and every proxy knows. */
  empty(): Promise<void>;
}

export interface FleetOptions {
  proxies: number;
  /** Worker threads or processes of a proxy. */
  workers: number;
  pods: number;
  /** Connections of a pod. */
  limit: number;
  /** New connections a second; without, none is refused for it. */
  rate?: number;
  /** First two numbers of the loopback addresses. */
  network: string;
  folder: string;
  reaper: Reaper;
}

/** A rate that nothing here reaches. */
const UNLIMITED = 100_000;

/** Starts pods, then proxies, and waits until they are ready. */
export async function startFleet(design: Design, options: FleetOptions): Promise<Fleet> {
  const { proxies, pods: serverReplicas, limit, rate = UNLIMITED, network } = options;
  const podsDecide = design === 'exact' || design === 'shared' || design === 'ratelimit';
  const limits: Limits = {
    ...defaultLimits,
    ...{ serverReplicas, edgeReplicas: proxies, connectionsPerPod: limit },
    // Where envoyproxy/ratelimit decides, nothing else does.
    newConnectionsPerSecond: design === 'ratelimit' ? UNLIMITED : rate,
    admission: design === 'exact' ? 'exact' : 'shared',
  };
  const places = planAddresses({ ...limits, clientReplicas: 0, network });
  await using closing = new AsyncDisposableStack();
  for (const [i, at] of places.pickers.entries()) {
    const picker = startPicker({
      ...{ name: `picker-${i + 1}`, at, limits, reaper: options.reaper },
      env: { LOG_LEVEL: 'warn' },
    });
    closing.defer(() => picker.stop(5));
  }
  // The peers' limit is theirs: a pod that refuses would hide what they let through.
  const reportsTo = places.pickers.map(({ reports }) => reports);
  const pods = await runPods(places.pods, podsDecide ? limit : 10_000, reportsTo, closing);
  const proxy = { ...options, limits, places };
  const { children, know } = await (design in peerConfigs
    ? startPeers(design as Peer, proxy)
    : startEnvoys(design, proxy));
  for (const child of children) closing.defer(() => child.stop(5));
  const all = closing.move();
  return {
    pods,
    urls: places.edges.map(({ ingress }) => `ws://${show(ingress)}/`),
    async empty() {
      while (pods.some((pod) => pod.openConnections > 0)) await sleep(20);
      await know();
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

interface ProxyOptions extends FleetOptions {
  limits: Limits;
  places: Addresses;
}

interface Proxies {
  children: Child[];
  /** Waits until every proxy knows that the pods are free. */
  know(): Promise<unknown>;
}

const peerConfigs = { haproxy: haproxyConfig, nginx: nginxConfig, refuser: refuserConfig };
type Peer = keyof typeof peerConfigs;

async function startPeers(design: Peer, options: ProxyOptions): Promise<Proxies> {
  const { places, folder, reaper, network } = options;
  const peers = places.edges.map((_, i) => `${network}.5.${i + 1}:9005`);
  const children = await Promise.all(
    places.edges.map(({ ingress }, index) => {
      const listen = show(ingress);
      const servers = places.pods.map(show);
      const config = peerConfigs[design]({ ...options, index, peers, servers, listen });
      const name = `${design}-${network}-${index}`;
      return runPeer(design === 'haproxy' ? design : 'nginx', config, listen, { name, folder, reaper });
    }),
  );
  // They count connections by themselves, and learn at once that one has ended.
  return { children, know: () => sleep(200) };
}

async function startEnvoys(design: Design, options: ProxyOptions): Promise<Proxies> {
  const { limits, places, workers, rate = UNLIMITED, folder, reaper, network } = options;
  const ratelimit = { address: `${network}.5.1`, port: 8081 };
  const services = design === 'ratelimit' ? await startRatelimit(ratelimit, { rate, folder, reaper }) : [];
  const edges = await Promise.all(
    places.edges.map(async (at, i) => {
      const name = `${network}-edge-${i + 1}`;
      const bootstrap = localBootstrap(limits, places, at) as unknown as Bootstrap;
      if (design === 'envoy') limitAtTheEdge(bootstrap, limits);
      if (design === 'ratelimit') askRatelimit(bootstrap, ratelimit);
      const child = await runEnvoy(bootstrap, { name, folder, workers, reaper });
      await edgeReady(child, at, limits.serverReplicas, places.pickers.length);
      return { child, at };
    }),
  );
  const know = async () => {
    // A check under way may still say that a pod is full.
    await sleep(100);
    for (const { child, at } of edges) await edgeReady(child, at, limits.serverReplicas);
  };
  return { children: [...services, ...edges.map(({ child }) => child)], know };
}
