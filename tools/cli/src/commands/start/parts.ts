import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChangeableLimits, consoleOrigins, type Setup } from '@envoy-poc/console';
import { type AccessLogLine, admissionIntervalSeconds, type Limits } from '@envoy-poc/edge';
import { appOf } from '@envoy-poc/layers';
import { accessLogLine } from './access-log.ts';
import { type Addresses, edgeReadyPort, planAddresses, show } from './addresses.ts';
import { startApp, startPicker } from './app.ts';
import { answers, type Child } from './child.ts';
import { edgeReady, localBootstrap, startEdge } from './edge.ts';
import type { ChildError } from './errors.ts';
import { limitsOf, type Options, optionFaults } from './options.ts';
import type { Reaper } from './reaper.ts';

/** What the processes of a run are to be. */
export interface Plan {
  options: Options;
  places: Addresses;
  /** What is set up wrongly on purpose. */
  fault: Fault;
}

/** How processes differ from what the limits ask for. */
export interface Fault {
  /** Connections that a pod accepts, instead of its limit. */
  connectionsPerPod?: number;
  /** Limits that the edges are made from, where they are not the right ones. */
  edgeLimits?: Partial<Limits>;
  /** Whose `X-Forwarded-For` the edges believe. */
  trustedProxyCidrs?: string[];
  /** Changes the bootstrap of each edge. */
  patch?: (bootstrap: ReturnType<typeof localBootstrap>) => void;
}

/** The plan of some options; runs with different networks do not meet. */
export function planOf(options: Options, network: string | undefined, fault: Fault = {}): Plan {
  return { options, places: planAddresses({ ...options, ...(network && { network }) }), fault };
}

export type Group = 'pods' | 'edges' | 'clients' | 'pickers';

/** A process of a plan. */
export interface Part {
  name: string;
  group: Group;
  /** What it is told at its start. It has to start again when that changes. */
  told: string;
  /** Those that an edge keeps; undefined: it is patched, or this is no edge. */
  limits?: Limits | undefined;
  /** Starts it; it may not be ready yet. */
  start(): Child;
  /**
   * Waits until it can be used, where so many pods and pickers run.
   * @throws {ChildError}
   */
  ready(child: Child, running: { pods: number; pickers: number }): Promise<void>;
}

/** How the processes of a run are started, whatever its limits. */
export interface Starting {
  /** Envoy's program. */
  envoy: string;
  /** Folder for the bootstraps of the edges. */
  folder: string;
  reaper: Reaper;
  /** Told each line of each process, by its name. */
  onLine: (process: string, line: string) => void;
  /** Told each line of an access log too, as it is written and read. */
  onEdgeLine: (edge: string, line: AccessLogLine, text: string) => void;
  onClientLine: (client: string, line: string) => void;
  /** Told when an edge has ended, after its last line. */
  onEdgeEnd: (edge: string) => void;
  /** Told when a process ends that nobody has ended. */
  onDeath: (error: ChildError) => void;
  /** When each client attempts; see {@link clientTurns}. */
  phaseSeconds: (client: number, attemptIntervalSeconds: number) => number;
}

/** The file with the bootstrap of an edge, counted from 1. */
export function edgeConfig(folder: string, edge: number): string {
  return join(folder, `edge-${edge}.json`);
}

/** Longest wait for a process to be ready, in seconds. */
const startSeconds = 60;

const isUp = (at: { address: string; port: number }) => () => answers(`http://${show(at)}/healthz`);

/** The processes of a plan; those of one group, where it is named. */
export function partsOf(plan: Plan, starting: Starting, group?: Group): Part[] {
  const all = { pickers, pods, edges, clients };
  const some = group === undefined ? Object.values(all) : [all[group]];
  return some.flatMap((of) => of(plan, starting));
}

/** Of which groups processes start again when a limit of a run is changed. */
export function restartsOf(options: Options): NonNullable<Setup['restarts']> {
  const partsWith = (changed: Options) => partsOf(planOf(changed, undefined), { folder: '' } as Starting);
  const before = new Map(partsWith(options).map(({ name, told }) => [name, told]));
  const of = (limit: keyof ChangeableLimits) => {
    const others = [1, -1].map((step) => ({ ...options, [limit]: options[limit] + step }));
    const other = others.find((one) => optionFaults(one).length === 0);
    const again = other
      ? partsWith(other).filter(({ name, told }) => (before.get(name) ?? told) !== told)
      : [];
    return [...new Set(again.map(({ group }) => group))];
  };
  return {
    connectionsPerPod: of('connectionsPerPod'),
    newConnectionsPerSecond: of('newConnectionsPerSecond'),
    serverReplicas: of('serverReplicas'),
    edgeReplicas: of('edgeReplicas'),
  };
}

/** What a process is named, who ends it, and who is told its lines and its death. */
function named({ reaper, onLine, onDeath }: Starting, name: string, also?: (line: string) => void) {
  const tell = (line: string) => {
    onLine(name, line);
    also?.(line);
  };
  return { name, reaper, onDeath, onLine: tell };
}

function pickers({ options, places }: Plan, starting: Starting): Part[] {
  const limits = limitsOf(options);
  const { newConnectionsPerSecond: rate, newConnectionsPerSecondPerClient: perClient } = limits;
  return places.pickers.map((at, i) => {
    const name = `picker-${i + 1}`;
    return {
      ...{ name, group: 'pickers', told: JSON.stringify({ at, rate, perClient }) },
      start: () => startPicker({ ...named(starting, name), at, limits }),
      ready: (picker) => picker.until(isUp(at.decisions), startSeconds),
    };
  });
}

function pods({ options, places, fault }: Plan, starting: Starting): Part[] {
  const limits = limitsOf(options);
  const readyPort = edgeReadyPort(places);
  return places.pods.map((at, i) => {
    const name = `pod-${i + 1}`;
    const env = {
      HOST: at.address,
      PORT: String(at.port),
      POD_IP: at.address,
      CONNECTIONS_PER_POD: String(fault.connectionsPerPod ?? limits.connectionsPerPod),
      SERVER_DRAIN_SECONDS: String(limits.serverDrainSeconds),
      ALLOWED_ORIGINS: consoleOrigins(options.port).join(','),
      ...(readyPort !== undefined && { EDGE_READY_PORT: String(readyPort) }),
      ...(places.pickers.length > 0 && {
        PICKERS: places.pickers.map(({ reports }) => show(reports)).join(','),
      }),
    };
    return {
      ...{ name, group: 'pods', told: JSON.stringify(env) },
      start: () => startApp(appOf.server, { ...named(starting, name), env }),
      ready: (pod) => pod.until(isUp(at), startSeconds),
    };
  });
}

function edges({ options, places, fault }: Plan, starting: Starting): Part[] {
  const limits = { ...limitsOf(options), ...fault.edgeLimits };
  const { trustedProxyCidrs = [], patch } = fault;
  return places.edges.map((at, i) => {
    const name = `edge-${i + 1}`;
    const config = edgeConfig(starting.folder, i + 1);
    const allowedOrigins = consoleOrigins(options.port);
    const bootstrap = localBootstrap(limits, places, at, { trustedProxyCidrs, allowedOrigins });
    patch?.(bootstrap);
    const told = JSON.stringify(bootstrap, null, 2);
    return {
      ...{ name, group: 'edges', told, limits: patch ? undefined : limits },
      start() {
        writeFileSync(config, told);
        const { envoy } = starting;
        const { concurrency } = options;
        const tell = (text: string) => {
          const line = accessLogLine(text);
          if (line) starting.onEdgeLine(name, line, text);
        };
        const edge = startEdge({ ...named(starting, name, tell), envoy, config, concurrency });
        void edge.ended.then(() => starting.onEdgeEnd(name));
        return edge;
      },
      ready: (edge, running) => edgeReady(edge, at, running.pods, running.pickers),
    };
  });
}

function clients({ options, places }: Plan, starting: Starting): Part[] {
  return places.clients.map((at, i) => {
    const name = `client-${i + 1}`;
    const env = {
      EDGE_URL: places.edges.map(({ ingress }) => `ws://${show(ingress)}/`).join(','),
      CONNECTIONS_PER_CLIENT: String(options.connectionsPerClient),
      ATTEMPT_INTERVAL_SECONDS: String(options.attemptIntervalSeconds),
      MESSAGE_INTERVAL_MIN_SECONDS: String(options.messageIntervalMinSeconds),
      MESSAGE_INTERVAL_MAX_SECONDS: String(options.messageIntervalMaxSeconds),
      HOST: at.address,
      METRICS_PORT: String(at.port),
      SOURCE_ADDRESS: at.address,
      CLIENT_NAME: name,
    };
    const phase = () => starting.phaseSeconds(i, options.attemptIntervalSeconds).toFixed(3);
    return {
      ...{ name, group: 'clients', told: JSON.stringify(env) },
      start: () =>
        startApp(appOf.client, {
          ...named(starting, name, (line) => starting.onClientLine(name, line)),
          env: { ...env, ATTEMPT_PHASE_SECONDS: phase() },
        }),
      ready: (client) => client.until(isUp(at), startSeconds),
    };
  });
}

/** Clients take turns: each attempts by so much later than the one before than the rate asks for, as timers are late. */
const TURN_MARGIN_SECONDS = 0.1;

/** About what a client needs to start. One that needs longer has its turn an interval later. */
const START_SECONDS = 1;

/** When each client attempts, from when the first of them is started. Who starts again keeps its turn. */
export function clientTurns(limits: Pick<Limits, 'newConnectionsPerSecond'>): Starting['phaseSeconds'] {
  const turnSeconds = admissionIntervalSeconds(limits) + TURN_MARGIN_SECONDS;
  let beginSeconds: number | undefined;
  return (client, attemptIntervalSeconds) => {
    beginSeconds ??= Date.now() / 1000 + START_SECONDS;
    return (beginSeconds + client * turnSeconds) % attemptIntervalSeconds;
  };
}
