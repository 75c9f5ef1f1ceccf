import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { builtService, nextLine } from '@envoy-poc/env/testing';
import { cpuShare, have } from '@envoy-poc/testing';
import { afterAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';

/** A pod's limit of CPU in the workloads layer. */
const share = cpuShare(100);
const bounded = have(
  'cpu-cgroup',
  share !== undefined,
  'Run it as root on Linux, with cgroups that can be written.',
);

const server = builtService(join(import.meta.dirname, '../../apps/ws-server'));
afterAll(() => share?.remove());

/** A pod at 100 millicores. */
async function startPod(env: Record<string, string>) {
  const pod = server.run({
    POD_IP: '10.9.8.7',
    HOST: '127.0.0.1',
    PORT: '0',
    ...env,
  });
  const { port } = await nextLine(pod);
  share?.hold(pod.child.pid ?? Number.NaN);
  return {
    at: `127.0.0.1:${port}`,
    async stop() {
      pod.child.kill('SIGKILL');
      await pod.exited;
    },
  };
}

async function open(at: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://${at}/`);
  await once(socket, 'open');
  return socket;
}

/** 20,000 empty texts a second until the pod closes or 5 s are over; the close code, or undefined. */
async function flood(at: string): Promise<number | undefined> {
  const socket = await open(at);
  let code: number | undefined;
  socket.once('close', (ended) => (code = ended));
  socket.on('error', () => {});
  for (let tick = 0; tick < 250 && code === undefined; tick++) {
    for (let n = 0; n < 400; n++) socket.send('', () => {});
    await sleep(20);
  }
  socket.terminate();
  return code;
}

/** How long a question takes at worst, asked again and again until `over`, in milliseconds; infinite where one fails. */
async function slowest(ask: () => Promise<unknown>, over: AbortSignal): Promise<number> {
  let worst = 0;
  while (!over.aborted) {
    const asked = performance.now();
    const tookMs = await ask().then(
      () => performance.now() - asked,
      () => Number.POSITIVE_INFINITY,
    );
    worst = Math.max(worst, tookMs);
    await sleep(200);
  }
  return worst;
}

/** Floods a pod and asks its health and, on another connection, for replies meanwhile. */
async function sufferFlood(env: Record<string, string> = {}) {
  const pod = await startPod(env);
  const neighbour = await open(pod.at);
  const over = new AbortController();
  const health = slowest(async () => (await fetch(`http://${pod.at}/healthz`)).text(), over.signal);
  const reply = slowest(async () => {
    neighbour.send('hello');
    await once(neighbour, 'message');
  }, over.signal);
  const code = await flood(pod.at);
  over.abort();
  const worst = { health: Math.round(await health), reply: Math.round(await reply) };
  neighbour.terminate();
  await pod.stop();
  console.log(`closed with ${code}; slowest probe ${worst.health} ms, neighbour's reply ${worst.reply} ms`);
  return { code, worst };
}

test.runIf(bounded)(
  'at 100 millicores a flood of one client holds up neither probes nor neighbours',
  async () => {
    const within = await sufferFlood();
    expect(within.code).toBe(1008);
    expect(within.worst.health).toBeLessThan(1000);
    expect(within.worst.reply).toBeLessThan(1000);

    // Control: without a budget the same flood starves both.
    const without = await sufferFlood({
      MESSAGES_PER_SECOND_PER_CONNECTION: '1000000',
      BYTES_PER_SECOND_PER_CONNECTION: '1000000000',
    });
    expect(without.code).toBeUndefined();
    expect(without.worst.health).toBeGreaterThan(5 * within.worst.health);
    expect(without.worst.reply).toBeGreaterThan(5 * within.worst.reply);
  },
);
