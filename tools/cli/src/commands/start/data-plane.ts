import { writeFile } from 'node:fs/promises';
import { consoleOrigins } from '@envoy-poc/console';
import { admissionIntervalSeconds } from '@envoy-poc/edge';
import { appOf } from '@envoy-poc/layers';
import { type Addresses, edgeReadyPort, type PickerPlace, show } from './addresses.ts';
import { startApp, startPicker } from './app.ts';
import { answers, type Child } from './child.ts';
import { edgeReady, localBootstrap, startEdge } from './edge.ts';
import { limitsOf, type Options } from './options.ts';
import type { Reaper } from './reaper.ts';

/** The processes of a run. */
export interface DataPlane {
  pods: Child[];
  edges: Child[];
  clients: Child[];
  pickers: Child[];
}

export interface DataPlaneOptions {
  options: Options;
  places: Addresses;
  /** Envoy's program. */
  envoy: string;
  /** Where the bootstrap of each edge goes. */
  configs: readonly string[];
  reaper: Reaper;
  /** No process is started once this is aborted. */
  signal: AbortSignal;
  /** Told what is ready. */
  progress: (line: string) => void;
  /** Told each line of each process, by its name. */
  onLine: (process: string, line: string) => void;
  onEdgeLine: (line: string) => void;
  onClientLine: (client: string, line: string) => void;
}

/** What a process is named, who ends it, and who is told its lines. */
function named({ reaper, onLine }: DataPlaneOptions, name: string, also?: (line: string) => void) {
  const tell = (line: string) => {
    onLine(name, line);
    also?.(line);
  };
  return { name, reaper, onLine: tell };
}

/** Clients take turns: each attempts by so much later than the one before than the rate asks for, as timers are late. */
const TURN_MARGIN_SECONDS = 0.1;

/** About what a client needs to start. One that needs longer has its turn an interval later. */
const START_SECONDS = 1;

/** Longest wait for a process to be ready, in seconds. */
const startSeconds = 60;

/**
 * Starts pickers, pods and edges and waits until they are ready. Children are in `plane` as soon as they exist.
 * @throws {ChildError} naming the one that ended or was not ready.
 */
export async function startServing(plane: DataPlane, run: DataPlaneOptions): Promise<void> {
  const { options, places, progress } = run;
  const limits = limitsOf(options);
  const readyPort = edgeReadyPort(places);
  // A picker knows the pods that tell it of themselves, so that it is ready after them.
  plane.pickers.push(
    ...places.pickers.map((at, i) => startPicker({ ...named(run, `picker-${i + 1}`), at, limits })),
  );
  const podsReady = places.pods.map((at, i) => {
    const pod = startApp(appOf.server, {
      ...named(run, `pod-${i + 1}`),
      env: {
        HOST: at.address,
        PORT: String(at.port),
        POD_IP: at.address,
        CONNECTIONS_PER_POD: String(limits.connectionsPerPod),
        SERVER_DRAIN_SECONDS: String(limits.serverDrainSeconds),
        ALLOWED_ORIGINS: consoleOrigins(options.port).join(','),
        ...(readyPort !== undefined && { EDGE_READY_PORT: String(readyPort) }),
        ...(places.pickers.length > 0 && {
          PICKERS: places.pickers.map(({ reports }) => show(reports)).join(','),
        }),
      },
    });
    plane.pods.push(pod);
    return pod.until(() => answers(`http://${show(at)}/healthz`), startSeconds);
  });
  await Promise.all(podsReady);
  progress(`pods     ${places.pods.map(show).join(' ')}`);
  const pickersReady = plane.pickers.map((picker, i) => {
    const { decisions } = places.pickers[i] as PickerPlace;
    return picker.until(() => answers(`http://${show(decisions)}/healthz`), startSeconds);
  });
  await Promise.all(pickersReady);
  if (pickersReady.length > 0)
    progress(`pickers  ${places.pickers.map(({ decisions }) => show(decisions)).join(' ')}`);

  const edges = places.edges.map((at, i) => ({ name: `edge-${i + 1}`, at, config: run.configs[i] ?? '' }));
  for (const { at, config } of edges) {
    await writeFile(
      config,
      JSON.stringify(
        localBootstrap(limits, places, at, { allowedOrigins: consoleOrigins(options.port) }),
        null,
        2,
      ),
    );
  }
  run.signal.throwIfAborted();
  const edgesReady = edges.map(({ name, at, config }) => {
    const edge = startEdge({
      ...named(run, name, run.onEdgeLine),
      envoy: run.envoy,
      config,
      concurrency: options.concurrency,
    });
    plane.edges.push(edge);
    return edgeReady(edge, at, places.pods.length, places.pickers.length);
  });
  await Promise.all(edgesReady);
  progress(`edges    ${places.edges.map(({ ingress }) => `ws://${show(ingress)}/`).join(' ')}`);
  progress(`stats    ${places.edges.map(({ stats }) => `http://${show(stats)}/stats/prometheus`).join(' ')}`);
}

/**
 * Starts the clients and waits until they run.
 * @throws {ChildError}
 */
export async function startClients(plane: DataPlane, run: DataPlaneOptions): Promise<void> {
  const { options, places, progress } = run;
  run.signal.throwIfAborted();
  const turnSeconds = admissionIntervalSeconds(limitsOf(options)) + TURN_MARGIN_SECONDS;
  const beginSeconds = Date.now() / 1000 + START_SECONDS;
  const ready = places.clients.map((at, i) => {
    const name = `client-${i + 1}`;
    const phase = (beginSeconds + i * turnSeconds) % options.attemptIntervalSeconds;
    const client = startApp(appOf.client, {
      ...named(run, name, (line) => run.onClientLine(name, line)),
      env: {
        EDGE_URL: places.edges.map(({ ingress }) => `ws://${show(ingress)}/`).join(','),
        CONNECTIONS_PER_CLIENT: String(options.connectionsPerClient),
        ATTEMPT_INTERVAL_SECONDS: String(options.attemptIntervalSeconds),
        ATTEMPT_PHASE_SECONDS: phase.toFixed(3),
        MESSAGE_INTERVAL_MIN_SECONDS: String(options.messageIntervalMinSeconds),
        MESSAGE_INTERVAL_MAX_SECONDS: String(options.messageIntervalMaxSeconds),
        HOST: at.address,
        METRICS_PORT: String(at.port),
        SOURCE_ADDRESS: at.address,
        CLIENT_NAME: name,
      },
    });
    plane.clients.push(client);
    return client.until(() => answers(`http://${show(at)}/healthz`), startSeconds);
  });
  await Promise.all(ready);
  const { connectionsPerClient: connections, attemptIntervalSeconds: interval } = options;
  progress(
    `clients  ${ready.length}, each wants ${connections} connections and attempts once in ${interval} s`,
  );
}

/** Stops clients, then edges, then pods, then pickers; nothing is left when it returns. */
export async function stopDataPlane(plane: DataPlane): Promise<void> {
  for (const group of [plane.clients, plane.edges, plane.pods]) {
    await Promise.all(group.map((child) => child.stop(5)));
  }
  // They would wait for edges to turn to another one.
  await Promise.all(plane.pickers.map((picker) => picker.stop(0)));
}

/** Every process. */
export function allChildren(plane: DataPlane): Child[] {
  return [...plane.pickers, ...plane.pods, ...plane.edges, ...plane.clients];
}
