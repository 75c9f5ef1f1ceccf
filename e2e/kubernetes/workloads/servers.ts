import { setTimeout as sleep } from 'node:timers/promises';
import { sample } from '@envoy-poc/cli/runtime/prometheus';
import { ports } from '@envoy-poc/layers/workloads';
import { expect } from 'vitest';
import { eventually } from '../../helpers/wait.ts';
import type { Cluster, Pod } from './cluster.ts';

/** The connections of the server pods, by their own metrics: open now, most at once since they started, the limit. */
export async function connections(cluster: Cluster): Promise<Record<'open' | 'most' | 'limits', number[]>> {
  const readings = await Promise.all((await cluster.pods('server')).map((pod) => read(cluster, pod)));
  return {
    open: readings.map(({ open }) => open),
    most: readings.map(({ most }) => most),
    limits: readings.map(({ limit }) => limit),
  };
}

/** Waits until as many pods as named hold 2 connections each; gives the seconds it took. */
export async function expectFull(cluster: Cluster, pods: number): Promise<number> {
  const startedAt = performance.now();
  await eventually(async () => expect((await connections(cluster)).open).toEqual(Array(pods).fill(2)));
  return (performance.now() - startedAt) / 1000;
}

/** Follows the high-water marks of all server processes, those that end meanwhile too. */
export function watchServers(cluster: Cluster): AsyncDisposable & { most: Map<string, number> } {
  const most = new Map<string, number>();
  const ended = new AbortController();
  const watch = async () => {
    while (!ended.signal.aborted) {
      const pods = await cluster.allPods('server').catch(() => []);
      await Promise.all(
        pods.map(async (pod) => {
          // A pod that starts or ends may not answer.
          const reading = await read(cluster, pod).catch(() => undefined);
          const process = `${pod.metadata.name}/${pod.status.containerStatuses?.[0].restartCount}`;
          if (reading) most.set(process, Math.max(reading.most, most.get(process) ?? 0));
        }),
      );
      await sleep(500);
    }
  };
  const done = watch();
  return {
    most,
    async [Symbol.asyncDispose]() {
      ended.abort();
      await done;
    },
  };
}

async function read(cluster: Cluster, pod: Pod): Promise<Record<'open' | 'most' | 'limit', number>> {
  const metrics = await cluster.fromPod(pod, ports.server, '/metrics', 10);
  return {
    open: metric(metrics, 'ws_server_open_connections'),
    most: metric(metrics, 'ws_server_open_connections_max'),
    limit: metric(metrics, 'ws_server_connection_limit'),
  };
}

/** The value of a metric without labels, or with the labels named, as Prometheus would read it. */
export function metric(metrics: string, name: string): number {
  return sample(metrics, name) ?? Number.NaN;
}
