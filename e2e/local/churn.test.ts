import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sample } from '@envoy-poc/cli/runtime/prometheus';
import { answers, Child, edgeReady, show } from '@envoy-poc/cli/start';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../helpers/wait.ts';
import {
  attempt,
  closeAll,
  edgeAt,
  edgeUrl,
  type Plane,
  sockets,
  startPlane,
  sum,
  untilEdgesSee,
} from './harness.ts';

const serverMain = fileURLToPath(new URL('main.ts', import.meta.resolve('@envoy-poc/ws-server')));

/** A pod as a process of its own, so that it can be killed. */
async function startPod(plane: Plane, n: number): Promise<Child> {
  const at = plane.places.pods[n];
  if (!at) throw new RangeError(`there is no pod ${n}`);
  const pod = new Child({
    name: `pod-${n}`,
    program: process.execPath,
    args: [serverMain],
    env: { HOST: at.address, PORT: String(at.port), POD_IP: at.address, LOG_LEVEL: 'silent' },
    reaper: plane.reaper,
  });
  onTestFinished(() => pod.stop(2));
  await pod.until(() => answers(`http://${show(at)}/healthz`), 60);
  return pod;
}

async function podGauge(plane: Plane, n: number, name: string): Promise<number> {
  const at = plane.places.pods[n];
  return (at && sample(await (await fetch(`http://${show(at)}/metrics`)).text(), name)) ?? -1;
}

test('30 s of resets, a killed pod and a killed edge: never over the limit, and no slot is lost', async () => {
  const plane = await startPlane({ serverReplicas: 4, edgeReplicas: 3, withoutPods: true });
  const pods = await Promise.all([0, 1, 2, 3].map((n) => startPod(plane, n)));
  await Promise.all(plane.edges.map((edge, n) => edgeReady(edge, edgeAt(plane, n), 4)));
  const gauges = (name: string) =>
    Promise.all([0, 1, 2, 3].map((n) => podGauge(plane, n, name).catch(() => 0)));

  let highest = 0;
  let admitted = 0;
  const endAt = Date.now() + 30_000;
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
    await sleep(8000);
    pods[1]?.kill('SIGKILL');
    await pods[1]?.ended;
    await sleep(2000);
    pods[1] = await startPod(plane, 1);
    await sleep(6000);
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
