import { once } from 'node:events';
import { until } from '@envoy-poc/env/testing';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { serve } from './testing/harness.ts';
import { RawClient, upgradeHead } from './testing/raw-client.ts';

test('draining fails health and refuses at once, closes with 1001 one after another, then stops', async () => {
  const pod = await serve({ connectionsPerPod: 4, serverDrainSeconds: 0.8 });
  const codes: number[] = [];
  const closedAt: number[] = [];
  for (let n = 0; n < 4; n++) {
    const socket = new WebSocket(pod.ws);
    await once(socket, 'open');
    socket.on('close', (code) => {
      codes.push(code);
      closedAt.push(performance.now());
    });
  }
  const late = await RawClient.connect(pod.server.port);
  const startedAt = performance.now();
  const drained = pod.server.drain();

  const health = await fetch(`${pod.http}/healthz`);
  expect(health.status).toBe(503);
  expect(health.headers.get('x-envoy-degraded')).toBeNull();
  late.socket.write(upgradeHead());
  expect(await late.head()).toBe(503);
  expect(late.text).toContain('x-refusal: draining');
  expect(await pod.metric('ws_server_upgrades_total{result="draining"}')).toBe(1);

  await drained;
  await until('all closes arrived', () => codes.length === 4);
  expect(codes).toEqual([1001, 1001, 1001, 1001]);
  // One in 200 ms: a busy machine may see it later, never sooner (but for the rounding of timers).
  for (const [n, at] of closedAt.entries()) expect(at - startedAt).toBeGreaterThan(n * 200 - 10);
  expect(pod.server.openConnections).toBe(0);
  await expect(fetch(pod.http)).rejects.toThrow();
  expect(pod.logged('draining')).toHaveLength(1);
  expect(pod.logged('stopped')).toHaveLength(1);
});

test('draining an idle pod does not wait', async () => {
  const pod = await serve({ serverDrainSeconds: 3600 });
  await pod.server.drain();
  expect(pod.logged('stopped')).toHaveLength(1);
});

test('draining ends as soon as the last client has left', async () => {
  const pod = await serve({ serverDrainSeconds: 3600 });
  const first = await RawClient.open(pod.server.port);
  const second = await RawClient.open(pod.server.port);
  const drained = pod.server.drain();
  first.socket.resetAndDestroy();
  second.socket.resetAndDestroy();
  await drained;
});

test('a client that ignores the close does not hold up the drain', async () => {
  const pod = await serve({ serverDrainSeconds: 0, closeTimeoutSeconds: 0.1 });
  const client = await RawClient.open(pod.server.port);
  await pod.server.drain();
  expect(await client.closeCode()).toBe(1001);
});

test('closing at once cuts a drain short', async () => {
  const pod = await serve({ serverDrainSeconds: 3600 });
  await RawClient.open(pod.server.port);
  await RawClient.open(pod.server.port);
  const drained = pod.server.drain();
  await pod.server.close();
  await drained;
  expect(pod.logged('close').map(({ reason }) => reason)).toContain('server stopped');
});
