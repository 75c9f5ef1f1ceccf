import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { kubectl } from '@envoy-poc/layer/engine';

/** The namespace that the tests deploy to. */
export const namespace = 'envoy-poc-test';

/** The parts of a pod that tests look at. */
export interface Pod {
  metadata: { name: string; uid: string; deletionTimestamp?: string };
  spec: { containers: [{ image: string }] };
  status: {
    podIP: string;
    conditions: { type: string; status: string }[];
    containerStatuses: [{ restartCount: number }];
  };
}

/** Objects of a kind in the namespace, as the API server has them. */
export async function get<T>(kind: string, selector: Record<string, string> = {}): Promise<T[]> {
  const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  const list = await kubectl(['-n', namespace, 'get', kind, '-l', labels.join(','), '-o', 'json']);
  return (JSON.parse(list) as { items: T[] }).items;
}

/** The pods of a Deployment that are not on their way out. */
export async function podsOf(deployment: string): Promise<Pod[]> {
  const pods = await get<Pod>('pods', { 'app.kubernetes.io/name': deployment });
  return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** Gets a path from a pod, by way of the API server. */
export function fetchFromPod(pod: string, port: number, path: string): Promise<string> {
  return kubectl(['get', '--raw', `/api/v1/namespaces/${namespace}/pods/${pod}:${port}/proxy${path}`]);
}

/** A local address that leads to a port of a pod or Service, until the end of its scope. */
export async function forward(target: string, port: number): Promise<AsyncDisposable & { host: string }> {
  const child = spawn('kubectl', ['-n', namespace, 'port-forward', target, `:${port}`]);
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const host = await new Promise<string>((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer) => {
      output += chunk;
      const [, address] = /Forwarding from (127\.0\.0\.1:\d+)/.exec(output) ?? [];
      if (address) resolve(address);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', () => reject(new Error(`kubectl port-forward ended: ${output}`)));
  });
  return {
    host,
    async [Symbol.asyncDispose]() {
      child.kill();
      await exit;
    },
  };
}

/** Tries `check` until it throws no more, for at most `seconds`; then throws what it threw last. */
export async function eventually<T>(seconds: number, check: () => Promise<T>): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(500);
    }
  }
}
