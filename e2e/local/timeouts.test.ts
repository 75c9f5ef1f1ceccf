import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { edgeReady } from '@envoy-poc/cli/start';
import { expect, onTestFinished, test } from 'vitest';
import { ask, attempt } from './attempts.ts';
import { edgeAt, edgeUrl, startPlane } from './harness.ts';

test('a pod that never answers an upgrade costs a 504 within the bound', async () => {
  const times = { upgradeTimeoutSeconds: 1, tryTimeoutSeconds: 0.4 };
  const plane = await startPlane({ serverReplicas: 2, edgeReplicas: 1, withoutPods: true, ...times });
  for (const at of plane.places.pods) {
    const silent = createServer((_, response) => response.end('healthy'));
    silent.on('upgrade', (_, socket) => socket.on('error', () => {}));
    await new Promise<void>((resolve) => silent.listen(at.port, at.address, resolve));
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
  }
  const [edge] = plane.edges;
  if (edge) await edgeReady(edge, edgeAt(plane, 0), 2);
  const refused = await attempt(edgeUrl(plane, 0));
  expect(refused.status).toBe(504);
  expect(refused.milliseconds).toBeGreaterThan(400);
  // Without the bound it would be the 100 s after which the attempt itself gives up.
  expect(refused.milliseconds).toBeLessThan(50_000);
});

const scaled = { serverReplicas: 1, edgeReplicas: 1, pingIntervalSeconds: 2, streamIdleTimeoutSeconds: 8 };

// Both do nothing but wait.
test.concurrent('a quiet connection that is pinged outlives every idle time-out', async (context) => {
  const plane = await startPlane(scaled, context);
  const { socket } = await attempt(edgeUrl(plane, 0));
  await sleep(20_000);
  expect(socket && (await ask(socket))).toMatchObject({ podIp: plane.places.pods[0]?.address });
});

test.concurrent('control: without pings the idle time-out cuts it', async (context) => {
  const plane = await startPlane({ ...scaled, server: { pingIntervalSeconds: 60 } }, context);
  const { socket } = await attempt(edgeUrl(plane, 0));
  if (!socket) throw new Error('not admitted');
  await once(socket, 'close');
});
