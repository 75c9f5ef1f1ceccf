import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Limits } from '@envoy-poc/edge';
import { type AppName, appOf } from '@envoy-poc/layers';
import { type Addresses, edgeReadyPort, type PickerPlace, show } from './addresses.ts';
import { answers, Child } from './child.ts';
import { consoleOrigins } from './console.ts';
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
  onEdgeLine: (line: string) => void;
  onClientLine: (client: string, line: string) => void;
}

/** Longest wait for a process to be ready, in seconds. */
const startSeconds = 60;

/**
 * Starts pickers, pods and edges and waits until they are ready. Children are in `plane` as soon as they exist.
 * @throws {ChildError} naming the one that ended or was not ready.
 */
export async function startServing(plane: DataPlane, run: DataPlaneOptions): Promise<void> {
  const { options, places, reaper, progress } = run;
  const limits = limitsOf(options);
  const readyPort = edgeReadyPort(places);
  // A picker knows the pods that tell it of themselves, so that it is ready after them.
  plane.pickers.push(...startPickers(run, limits));
  const podsReady = places.pods.map((at, i) => {
    const pod = startApp(appOf.server, `pod-${i + 1}`, reaper, () => {}, {
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
      name,
      envoy: run.envoy,
      config,
      concurrency: options.concurrency,
      onLine: run.onEdgeLine,
      reaper,
    });
    plane.edges.push(edge);
    return edgeReady(edge, at, places.pods.length);
  });
  await Promise.all(edgesReady);
  progress(`edges    ${places.edges.map(({ ingress }) => `ws://${show(ingress)}/`).join(' ')}`);
  progress(`stats    ${places.edges.map(({ stats }) => `http://${show(stats)}/stats/prometheus`).join(' ')}`);
}

/** Starts the endpoint pickers; they may not be ready yet. */
function startPickers({ places, reaper }: DataPlaneOptions, limits: Limits): Child[] {
  const { newConnectionsPerSecond: rate, newConnectionsPerSecondPerClient: perClient } = limits;
  return places.pickers.map(({ decisions, reports }, i) =>
    startApp(appOf.picker, `picker-${i + 1}`, reaper, () => {}, {
      HOST: decisions.address,
      PORT: String(decisions.port),
      REPORTS_PORT: String(reports.port),
      NEW_CONNECTIONS_PER_SECOND: String(rate),
      ...(perClient !== undefined && { NEW_CONNECTIONS_PER_SECOND_PER_CLIENT: String(perClient) }),
    }),
  );
}

/**
 * Starts the clients and waits until they run.
 * @throws {ChildError}
 */
export async function startClients(plane: DataPlane, run: DataPlaneOptions): Promise<void> {
  const { options, places, reaper, progress } = run;
  run.signal.throwIfAborted();
  const ready = places.clients.map((at, i) => {
    const name = `client-${i + 1}`;
    const client = startApp(appOf.client, name, reaper, (line) => run.onClientLine(name, line), {
      EDGE_URL: places.edges.map(({ ingress }) => `ws://${show(ingress)}/`).join(','),
      CONNECTIONS_PER_CLIENT: String(options.connectionsPerClient),
      ATTEMPT_INTERVAL_SECONDS: String(options.attemptIntervalSeconds),
      MESSAGE_INTERVAL_MIN_SECONDS: String(options.messageIntervalMinSeconds),
      MESSAGE_INTERVAL_MAX_SECONDS: String(options.messageIntervalMaxSeconds),
      HOST: at.address,
      METRICS_PORT: String(at.port),
      SOURCE_ADDRESS: at.address,
      CLIENT_NAME: name,
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

function startApp(
  app: AppName,
  name: string,
  reaper: Reaper,
  onLine: (line: string) => void,
  env: Record<string, string>,
): Child {
  const main = fileURLToPath(new URL('main.ts', import.meta.resolve(`@envoy-poc/${app}`)));
  return new Child({ name, program: process.execPath, args: [main], env, onLine, reaper });
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
