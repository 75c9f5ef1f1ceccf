import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { kubectl } from '@envoy-poc/layers/real-cluster';
import { type Workload, workloadNames } from '@envoy-poc/layers/workloads';
import { expect } from 'vitest';
import { eventually } from '../../helpers/wait.ts';

/** The namespace that the tests deploy to. */
export const namespace = 'envoy-poc-test';

/** The parts of a pod that tests look at. */
export interface Pod {
  metadata: { name: string; uid: string; labels: Record<string, string>; deletionTimestamp?: string };
  spec: { containers: [{ image: string; resources: { limits: Record<string, string> } }] };
  status: {
    podIP?: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: [ContainerStatus];
  };
}

interface ContainerStatus {
  restartCount: number;
  lastState: { terminated?: { reason: string; exitCode: number } };
}

const groups = {
  pods: 'api/v1',
  services: 'api/v1',
  configmaps: 'api/v1',
  networkpolicies: 'apis/networking.k8s.io/v1',
  deployments: 'apis/apps/v1',
} as const;

/** Reads the namespace through the API server, which reaches its pods from wherever the tests run. */
export class Cluster implements AsyncDisposable {
  readonly #url: string;
  readonly #end: () => Promise<void>;

  constructor(url: string, end: () => Promise<void>) {
    this.#url = url;
    this.#end = end;
  }

  /** Objects of a kind, as the API server has them. */
  async get<T>(kind: keyof typeof groups, selector = ''): Promise<T[]> {
    const query = `labelSelector=${encodeURIComponent(selector)}`;
    const list = await this.#fetch(`/${groups[kind]}/namespaces/${namespace}/${kind}?${query}`);
    return (JSON.parse(list) as { items: T[] }).items;
  }

  /** The pods of a workload's controller, those on their way out too. */
  allPods(workload: Workload): Promise<Pod[]> {
    const made = workload === 'picker' ? 'controller-revision-hash' : 'pod-template-hash';
    return this.get('pods', `app.kubernetes.io/name=${workloadNames[workload]},${made}`);
  }

  /** The pods of a workload's controller that are not on their way out. */
  async pods(workload: Workload): Promise<Pod[]> {
    return (await this.allPods(workload)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** Gets a path from a pod. */
  fromPod({ metadata }: Pod, port: number, path: string, timeoutSeconds?: number): Promise<string> {
    const proxy = `/api/v1/namespaces/${namespace}/pods/${metadata.name}:${port}/proxy`;
    return this.#fetch(`${proxy}${path}`, timeoutSeconds);
  }

  /** The JSON lines that a pod has logged, by default all of them. */
  async logs<Line>({ metadata }: Pod, sinceSeconds?: number): Promise<Line[]> {
    const query = sinceSeconds === undefined ? '' : `?sinceSeconds=${sinceSeconds}`;
    const text = await this.#fetch(`/api/v1/namespaces/${namespace}/pods/${metadata.name}/log${query}`);
    const lines = text.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
    return lines.map((line) => JSON.parse(line) as Line);
  }

  async #fetch(path: string, timeoutSeconds = 30): Promise<string> {
    const signal = AbortSignal.timeout(timeoutSeconds * 1000);
    const response = await fetch(`${this.#url}${path}`, { signal });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.text();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}

/** Connects to the cluster of `KUBECONFIG`. */
export async function connect(): Promise<Cluster> {
  const { line, end } = await startKubectl(['proxy', '--port=0']);
  return new Cluster(`http://${/127\.0\.0\.1:\d+/.exec(line)?.[0]}`, end);
}

/** A local address that leads to a port of a pod or Service, until the end of its scope. */
export async function forward(target: string, port: number): Promise<AsyncDisposable & { host: string }> {
  const { line, end } = await startKubectl(['-n', namespace, 'port-forward', target, `:${port}`]);
  return { host: /127\.0\.0\.1:\d+/.exec(line)?.[0] ?? '', [Symbol.asyncDispose]: end };
}

/** Starts a kubectl that runs until it is ended, and waits for its first line. Of pods that go away it says too much. */
async function startKubectl(args: string[]): Promise<{ line: string; end: () => Promise<void> }> {
  const child = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = once(child, 'exit');
  const first = once(createInterface(child.stdout), 'line').then(([line]) => String(line));
  const line = await Promise.race([first, exited.then(() => undefined)]);
  if (line === undefined) throw new Error(`kubectl ${args[0]} ended at once`);
  return {
    line,
    async end() {
      child.kill();
      await exited;
    },
  };
}

/** Sets the replicas of a workload by hand and waits until as many are ready. */
export async function scale(workload: Workload, replicas: number): Promise<void> {
  await kubectl(['-n', namespace, 'scale', controllerOf(workload), `--replicas=${replicas}`]);
  await rolledOut(workload);
}

/** Waits until a workload has all its pods, and all ready. */
export async function rolledOut(workload: Workload): Promise<void> {
  await kubectl(['-n', namespace, 'rollout', 'status', controllerOf(workload), '--timeout=280s']);
}

/** What makes a workload's pods, as kubectl names it. */
function controllerOf(workload: Workload): string {
  return `${workload === 'picker' ? 'statefulset' : 'deployment'}/${workloadNames[workload]}`;
}

/** Waits until a workload has all its pods and none is on its way out. */
export async function settled(cluster: Cluster, workload: Workload): Promise<void> {
  await rolledOut(workload);
  await eventually(async () => {
    const leaving = (await cluster.allPods(workload)).filter(({ metadata }) => metadata.deletionTimestamp);
    expect(leaving.map(({ metadata }) => metadata.name)).toEqual([]);
  });
}

/** Runs JavaScript in a pod, by the very Node that its process runs on. */
export function runInPod({ metadata }: Pod, script: string): Promise<string> {
  return kubectl(['-n', namespace, 'exec', metadata.name, '--', '/proc/1/exe', '--eval', script]);
}

/** Waits until every pod of server and edge is ready, never having run out of memory or restarted but as named. */
export function expectHealthy(cluster: Cluster, restarts: Record<string, number> = {}): Promise<void> {
  return eventually(() => expectHealthyNow(cluster, restarts));
}

async function expectHealthyNow(cluster: Cluster, restarts: Record<string, number>): Promise<void> {
  const pods = [...(await cluster.pods('server')), ...(await cluster.pods('edge'))];
  const seen = pods.map(({ metadata: { name }, status }) => ({
    name,
    ready: status.conditions?.find(({ type }) => type === 'Ready')?.status,
    restarts: status.containerStatuses?.[0].restartCount,
    outOfMemory: status.containerStatuses?.[0].lastState.terminated?.reason === 'OOMKilled',
  }));
  const wanted = pods.map(({ metadata: { name } }) => ({
    ...{ name, ready: 'True', restarts: restarts[name] ?? 0, outOfMemory: false },
  }));
  expect(seen).toEqual(wanted);
}
