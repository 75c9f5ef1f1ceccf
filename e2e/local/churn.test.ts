import { setTimeout as sleep } from 'node:timers/promises';
import { sample } from '@envoy-poc/cli/runtime/prometheus';
import { edgeReady, show } from '@envoy-poc/cli/start';
import { expect, test } from 'vitest';
import { until } from '../helpers/wait.ts';
import { attempt, closeAll, sockets } from './attempts.ts';
import { edgeAt, edgeUrl, type Plane, startPlane, startPodProcess, sum, untilEdgesSee } from './harness.ts';

async function podGauge(plane: Plane, n: number, name: string): Promise<number> {
  const at = plane.places.pods[n];
  return (at && sample(await (await fetch(`http://${show(at)}/metrics`)).text(), name)) ?? -1;
}

test('20 s of resets, a killed pod and a killed edge: never over the limit, and no slot is lost', async () => {
  const plane = await startPlane({ serverReplicas: 4, edgeReplicas: 3, withoutPods: true });
  const pods = await Promise.all([0, 1, 2, 3].map((n) => startPodProcess(plane, n)));
  await Promise.all(plane.edges.map((edge, n) => edgeReady(edge, edgeAt(plane, n), 4)));
  const gauges = (name: string) =>
    Promise.all([0, 1, 2, 3].map((n) => podGauge(plane, n, name).catch(() => 0)));

  let highest = 0;
  let admitted = 0;
  const endAt = Date.now() + 20_000;
  const client = async (n: number) => {
    while (Date.now() < endAt) {
      const { socket } = await attempt(edgeUrl(plane, Math.floor(Math.random() * 3)), { timeoutSeconds: 5 });
      if (!socket) {
        await sleep(50 + Math.random() * 100);
        continue;
      }
      admitted++;
      if (n % 2) socket.send('hello');
      await sleep(Math.random() * 300);
      // Half of them leave without a word, some with a reset.
      if (n % 2) socket.terminate();
      else socket.close();
    }
  };
  const watch = async () => {
    while (Date.now() < endAt) {
      highest = Math.max(highest, ...(await gauges('ws_server_open_connections_max')));
      await sleep(250);
    }
  };
  const sabotage = async () => {
    await sleep(5000);
    pods[1]?.kill('SIGKILL');
    await pods[1]?.ended;
    await sleep(2000);
    pods[1] = await startPodProcess(plane, 1);
    await sleep(5000);
    plane.edges[2]?.kill('SIGKILL');
  };
  await Promise.all([...Array.from({ length: 16 }, (_, n) => client(n)), watch(), sabotage()]);
  expect(admitted).toBeGreaterThan(100);
  expect(highest).toBe(2);

  const open = () => gauges('ws_server_open_connections');
  await until(
    async () => sum(await open()) === 0,
    () => 'every slot is given back',
  );
  await untilEdgesSee(plane, 4, 0);
  const attempts = await Promise.all(Array.from({ length: 40 }, (_, i) => attempt(edgeUrl(plane, i % 2))));
  expect(sockets(attempts)).toHaveLength(8);
  expect(await open()).toEqual([2, 2, 2, 2]);
  await closeAll(sockets(attempts));
});
