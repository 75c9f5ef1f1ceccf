import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sample } from '@envoy-poc/cli/runtime/prometheus';
import {
  type Addresses,
  answers,
  type Child,
  type EdgePlace,
  edgeReady,
  edgeReadyPort,
  localBootstrap,
  planAddresses,
  type Reaper,
  show,
  startApp,
  startEdge,
  startPicker,
  startReaper,
} from '@envoy-poc/cli/start';
import { type AccessLogLine, defaultLimits, type Limits } from '@envoy-poc/edge';
import { findEnvoy } from '@envoy-poc/envoy';
import { appOf } from '@envoy-poc/layers';
import { type RunningServer, type ServerConfig, startServer } from '@envoy-poc/ws-server';
import { pino } from 'pino';
import { onTestFinished, type TestContext } from 'vitest';
import { until } from '../helpers/wait.ts';
import {
  type Bootstrap,
  filtersOf,
  httpOf,
  pickerCluster,
  pickerService,
  routesToPods,
  serversCluster,
} from './bootstrap.ts';

type SomeLimits = Partial<Limits> & Pick<Limits, 'serverReplicas' | 'edgeReplicas'>;

/** Left out: two connections a pod, more new ones a second than any test asks for, and each edge admits its share. */
export interface PlaneOptions extends SomeLimits {
  concurrency?: number;
  /** Connections an edge accepts, instead of its own figure. */
  downstreamConnections?: number;
  /** Longest wait for the answer to an upgrade; all tries together, and each. Default: {@link patientSeconds}. */
  upgradeTimeoutSeconds?: number;
  tryTimeoutSeconds?: number;
  /**
   * Longest wait for a picker's answer, about an upgrade or its health. Default: {@link patientSeconds}; left as it is where
   * this is `real`.
   */
  pickerTimeout?: 'real';
  /** Whether the test starts the pickers itself. */
  withoutPickers?: boolean;
  /** What the pods are given instead of the limits' figures. */
  server?: Partial<ServerConfig>;
  /** Whether the test starts the pods itself. */
  withoutPods?: boolean;
  /** Whether the pods ask the edges if they drain. Default: yes. */
  podsAskEdges?: boolean;
  trustedProxyCidrs?: string[];
  /** Origins whose web pages may connect. Default: all. */
  allowedOrigins?: string[];
  /** Changes a bootstrap before Envoy reads it: for controls that break a limit. */
  patch?: (bootstrap: Bootstrap) => void;
}

/** Real Envoys in front of real servers, each with a loopback address of its own. */
export interface Plane {
  limits: Limits;
  places: Addresses;
  pods: RunningServer[];
  edges: Child[];
  /** Processes of their own, as whatever holds up the others must not hold up them. */
  pickers: Child[];
  /** What each picker decided, in order of arrival. */
  decisions: PickerDecision[];
  /** All edges' access logs, in order of arrival. */
  accessLog: AccessLogLine[];
  reaper: Reaper;
  startPod(n: number): Promise<RunningServer>;
  startEdge(n: number): Promise<Child>;
  startPicker(n: number): Promise<Child>;
}

/** A line of a picker's log. */
interface PickerDecision {
  /** Which picker. */
  picker: number;
  /** ISO 8601. */
  time: string;
  answer: 'picked' | 'rate' | 'full' | 'unready';
  requestId?: string;
  pod?: string;
}

/** Starts pod `n` as a process of its own, so that it can be killed, and waits until it answers. */
export async function startPodProcess({ places, reaper }: Plane, n: number): Promise<Child> {
  const at = places.pods[n];
  if (!at) throw new RangeError(`there is no pod ${n}`);
  const pod = startApp(appOf.server, {
    name: `pod-${n}`,
    env: {
      ...{ HOST: at.address, PORT: String(at.port), POD_IP: at.address, LOG_LEVEL: 'silent' },
      ...(places.pickers.length > 0 && {
        PICKERS: places.pickers.map(({ reports }) => show(reports)).join(),
      }),
    },
    reaper,
  });
  onTestFinished(() => pod.stop(2));
  await pod.until(() => answers(`http://${show(at)}/healthz`), 60);
  return pod;
}

/** Longest wait for one pod: pods and clients are one process here, which a busy machine may hold up for a while. */
export const patientSeconds = 60;

const patience = { tryTimeoutSeconds: patientSeconds, upgradeTimeoutSeconds: 90 };

let networks = 0;

/** Two numbers that no other test of this run uses at the same time. */
export function freeNetwork(): string {
  const worker = Number(process.env.VITEST_POOL_ID ?? 1);
  return `127.${20 + (worker % 20) * 10 + (networks++ % 10)}`;
}

/** A test that runs beside others of its file is known by its context only. */
type Test = Pick<TestContext, 'onTestFinished'>;

/** Starts pods in this process and edges beside it; everything ends with the test. */
export async function startPlane(options: PlaneOptions, test: Test = { onTestFinished }): Promise<Plane> {
  const { concurrency = 2, server, withoutPods, withoutPickers, podsAskEdges = true, ...others } = options;
  const { trustedProxyCidrs = [], allowedOrigins, patch, ...figures } = others;
  const { downstreamConnections, upgradeTimeoutSeconds, tryTimeoutSeconds, pickerTimeout, ...input } =
    figures;
  const limits: Limits = {
    ...defaultLimits,
    ...{ connectionsPerPod: 2, newConnectionsPerSecond: 100_000, pingIntervalSeconds: 20 },
    admission: 'shared',
    ...input,
  };
  const places = planAddresses({ ...limits, clientReplicas: 0, network: freeNetwork() });
  const readyPort = podsAskEdges ? edgeReadyPort(places) : undefined;
  const { path: envoy } = await findEnvoy();
  const folder = await mkdtemp(join(tmpdir(), 'edge-'));
  const reaper = startReaper([]);
  const plane: Plane = {
    ...{ limits, places, pods: [], edges: [], pickers: [], decisions: [], accessLog: [], reaper },
    async startPod(n) {
      const at = places.pods[n];
      if (!at) throw new RangeError(`there is no pod ${n}`);
      const pod = await startServer(
        {
          host: at.address,
          port: at.port,
          podIp: at.address,
          connectionsPerPod: limits.connectionsPerPod,
          pingIntervalSeconds: limits.pingIntervalSeconds,
          ...(readyPort !== undefined && { edgeReadyPort: readyPort }),
          pickers: places.pickers.map(({ reports: { address: host, port } }) => ({ host, port })),
          ...server,
        },
        { logger: pino({ level: 'silent' }) },
      );
      plane.pods[n] = pod;
      return pod;
    },
    async startEdge(n) {
      const at = edgeAt(plane, n);
      const generated = localBootstrap(limits, places, at, {
        trustedProxyCidrs,
        ...(allowedOrigins && { allowedOrigins }),
      });
      // What it is made of is the next one's as well.
      const bootstrap: Bootstrap = JSON.parse(JSON.stringify(generated));
      bePatient(bootstrap, figures);
      patch?.(bootstrap);
      const config = join(folder, `edge-${n}.json`);
      await writeFile(config, JSON.stringify(bootstrap));
      const onLine = (line: string) => {
        if (line.startsWith('{')) plane.accessLog.push(JSON.parse(line));
      };
      const edge = startEdge({ name: `edge-${n}`, envoy, config, concurrency, onLine, reaper });
      plane.edges[n] = edge;
      return edge;
    },
    async startPicker(n) {
      const picker = startPicker({
        name: `picker-${n}`,
        at: pickerAt(plane, n),
        limits,
        onLine: (line) => {
          if (line.includes('"event":"decision"')) plane.decisions.push({ picker: n, ...JSON.parse(line) });
        },
        reaper,
      });
      plane.pickers[n] = picker;
      return picker;
    },
  };
  test.onTestFinished(async () => {
    await Promise.all(plane.edges.map((edge) => edge.stop(2)));
    for (const picker of plane.pickers) picker.kill('SIGKILL');
    await Promise.all(plane.pods.map((pod) => pod.close()));
    reaper.release();
    await rm(folder, { recursive: true });
  });
  if (!withoutPickers) await Promise.all(places.pickers.map((_, n) => plane.startPicker(n)));
  if (!withoutPods) await Promise.all(places.pods.map((_, n) => plane.startPod(n)));
  await Promise.all(places.edges.map((_, n) => plane.startEdge(n)));
  if (!withoutPods) {
    await Promise.all(plane.edges.map((edge, n) => edgeReady(edge, edgeAt(plane, n), limits.serverReplicas)));
    if (!withoutPickers) await pickersReady(plane);
  }
  return plane;
}

/** Pods and clients are one process here: a busy machine may hold up a pod's answer, which makes it no worse. */
function bePatient(
  bootstrap: Bootstrap,
  figures: Pick<PlaneOptions, keyof typeof patience | 'downstreamConnections' | 'pickerTimeout'>,
): void {
  const { upgradeTimeoutSeconds, tryTimeoutSeconds, downstreamConnections } = { ...patience, ...figures };
  const routes = routesToPods(bootstrap);
  for (const { route } of routes) {
    route.timeout = `${upgradeTimeoutSeconds}s`;
    route.retry_policy.per_try_timeout = `${tryTimeoutSeconds}s`;
  }
  httpOf(bootstrap, 'ingress').request_timeout = `${upgradeTimeoutSeconds + 5}s`;
  if (downstreamConnections !== undefined) {
    Object.assign(filtersOf(bootstrap, 'ingress')[0]?.typed_config ?? {}, {
      max_connections: downstreamConnections,
    });
  }
  const servers = serversCluster(bootstrap);
  servers.connect_timeout = '15s';
  for (const check of servers.health_checks as { timeout: string }[]) check.timeout = '15s';
  if (routes.length === 1 || figures.pickerTimeout === 'real') return;
  pickerService(bootstrap).server_uri.timeout = `${patientSeconds}s`;
  const pickers = pickerCluster(bootstrap);
  pickers.connect_timeout = '15s';
  for (const check of pickers.health_checks as { timeout: string }[]) check.timeout = '15s';
}

export function pickerAt(plane: Plane, n: number): Plane['places']['pickers'][number] {
  const at = plane.places.pickers[n];
  if (!at) throw new RangeError(`there is no picker ${n}`);
  return at;
}

/** Waits until every running picker decides, and every running edge knows that it does. */
export async function pickersReady(plane: Plane): Promise<void> {
  const running = plane.pickers.flatMap((picker, n) => (picker.running ? [{ picker, n }] : []));
  for (const { picker, n } of running) {
    await picker.until(() => answers(`http://${show(pickerAt(plane, n).decisions)}/healthz`), 60);
  }
  if (running.length > 0) await edgesSeePickers(plane, running.length);
}

/** Waits until every running edge finds so many pickers healthy. */
export function edgesSeePickers(plane: Plane, count: number): Promise<void> {
  return untilEdges(
    plane,
    (stats) => sample(stats, 'envoy_cluster_membership_healthy{envoy_cluster_name="picker"}') === count,
    `edges see ${count} healthy pickers`,
  );
}

export function edgeAt(plane: Plane, n: number): EdgePlace {
  const at = plane.places.edges[n];
  if (!at) throw new RangeError(`there is no edge ${n}`);
  return at;
}

/** URL of edge `n`, or of the edges in turn. */
export function edgeUrl(plane: Plane, n: number): string {
  return `ws://${show(edgeAt(plane, n % plane.places.edges.length).ingress)}/`;
}

/** Open connections of each pod, by the pods' own count. */
export function openPerPod(plane: Plane): number[] {
  return plane.pods.map((pod) => pod.openConnections);
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}

/** Waits until every running edge sees so many pods with a free slot, and so many full ones. */
export async function untilEdgesSee(plane: Plane, free: number, full: number): Promise<void> {
  const members = (stats: string, kind: string) =>
    sample(stats, `envoy_cluster_membership_${kind}{envoy_cluster_name="servers"}`);
  await untilEdges(
    plane,
    (stats) => members(stats, 'healthy') === free && members(stats, 'degraded') === full,
    `edges see ${free} free pods and ${full} full ones`,
  );
}

async function untilEdges(plane: Plane, sees: (stats: string) => boolean, what: string): Promise<void> {
  const each = async (edge: Child, n: number) => {
    if (!edge.running) return true;
    const response = await fetch(`http://${show(edgeAt(plane, n).stats)}/stats/prometheus?filter=membership`);
    return sees(await response.text());
  };
  await until(
    async () => (await Promise.all(plane.edges.map(each))).every(Boolean),
    () => what,
    60,
    100,
  );
}
