import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Addresses, answers, Child, type Reaper, startEdge } from '@envoy-poc/cli/start';
import { findEnvoy } from '@envoy-poc/envoy';
import { type RunningServer, startServer } from '@envoy-poc/ws-server';
import { pino } from 'pino';
import { systemPath } from './part.ts';

export interface ProxyPlace {
  /** Of the process and its configuration; no other proxy in the folder has it. */
  name: string;
  folder: string;
  reaper: Reaper;
}

/** Runs an Envoy as an edge runs. It may not be ready yet. */
export async function runEnvoy(
  bootstrap: object,
  { name, folder, reaper, workers }: ProxyPlace & { workers: number },
): Promise<Child> {
  const { path: envoy } = await findEnvoy();
  const config = join(folder, `${name}.json`);
  await writeFile(config, JSON.stringify(bootstrap));
  return startEdge({ name, envoy, config, concurrency: workers, reaper });
}

/** Runs HAProxy or nginx, and waits until `listen`, host and port, answers its health check. */
export async function runPeer(
  program: 'haproxy' | 'nginx',
  configuration: string,
  listen: string,
  { name, folder, reaper }: ProxyPlace,
): Promise<Child> {
  const config = join(folder, `${name}.conf`);
  await writeFile(config, configuration);
  const args = program === 'haproxy' ? ['-f', config, '-db'] : ['-c', config, '-p', folder, '-e', 'stderr'];
  const child = new Child({ name, program, args, reaper, env: { PATH: systemPath } });
  await child.until(() => answers(`http://${listen}/healthz`), 20);
  return child;
}

/**
 * Runs server pods in this process, which `closing` ends.
 *
 * @param reportsTo where pickers take reports; empty: nowhere
 */
export async function runPods(
  places: Addresses['pods'],
  connectionsPerPod: number,
  reportsTo: readonly { address: string; port: number }[],
  closing: AsyncDisposableStack,
): Promise<RunningServer[]> {
  const logger = pino({ level: 'silent' });
  const pickers = reportsTo.map(({ address, port }) => ({ host: address, port }));
  return Promise.all(
    places.map(async ({ address, port }) => {
      const settings = { host: address, port, podIp: address, connectionsPerPod, pickers };
      const pod = await startServer(settings, { logger });
      closing.defer(() => pod.close());
      return pod;
    }),
  );
}
