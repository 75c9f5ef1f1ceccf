import { expect, test } from 'vitest';
import { until } from '../helpers/wait.ts';
import { ask, attempt, closeAll, sockets, storm } from './attempts.ts';
import { edgeUrl, openPerPod, patientSeconds, startPlane, untilEdgesSee } from './harness.ts';

test('8 upgrades through 3 edges fill 4 pods with 2 each; the 9th is refused at once, until one leaves', async () => {
  const plane = await startPlane({ serverReplicas: 4, edgeReplicas: 3 });
  const first = [];
  for (let i = 0; i < 8; i++) first.push(await attempt(edgeUrl(plane, i)));
  expect(first.map(({ status }) => status)).toEqual(Array(8).fill(101));
  expect(openPerPod(plane)).toEqual([2, 2, 2, 2]);

  // Before it knows that all are full, an edge may take one for free, and ask only that.
  await untilEdgesSee(plane, 0, 4);
  const ninth = await attempt(edgeUrl(plane, 0), { headers: { 'x-request-id': 'ninth' } });
  expect(ninth.status).toBe(503);
  expect(ninth.headers).toMatchObject({ 'retry-after': '1', 'x-refusal': 'full' });
  expect(ninth.body).toContain('full: 2 of 2');
  expect(ninth.milliseconds).toBeLessThan(patientSeconds * 1000);
  const logged = () => plane.accessLog.find((line) => line.request_id === 'ninth');
  await until(
    () => logged() !== undefined,
    () => 'the refusal is in the access log',
  );
  expect(logged()).toMatchObject({ code: 503, attempts: 5, type: 'DownstreamEnd' });

  await closeAll(sockets(first.slice(0, 1)));
  await untilEdgesSee(plane, 1, 3);
  await until(
    async () => (await attempt(edgeUrl(plane, 1))).status === 101,
    () => 'the slot that is free again is found',
  );
  expect(openPerPod(plane)).toEqual([2, 2, 2, 2]);
});

test('every admitted connection is answered by the pod it is on, and has a line at 101 and one at close', async () => {
  const plane = await startPlane({ serverReplicas: 4, edgeReplicas: 3 });
  const attempts = await storm(plane, 8);
  const open = sockets(attempts);
  const replies = await Promise.all(open.map(ask));
  const ips = plane.places.pods.map(({ address }) => address);
  expect(replies.map(({ podIp }) => podIp).sort()).toEqual([...ips, ...ips].sort());
  for (const { timestamp } of replies) expect(new Date(timestamp).toISOString()).toBe(timestamp);

  await closeAll(open);
  const lines = (type: string) => plane.accessLog.filter((line) => line.type === type && line.code === 101);
  await until(
    () =>
      lines('DownstreamTunnelSuccessfullyEstablished').length === 8 && lines('DownstreamEnd').length === 8,
    () => JSON.stringify(plane.accessLog, null, 1),
  );
  const ids = (type: string) =>
    lines(type)
      .map((line) => line.request_id)
      .sort();
  expect(ids('DownstreamEnd')).toEqual(ids('DownstreamTunnelSuccessfullyEstablished'));
});

test('a client cannot switch off the retries that find it a free pod', async () => {
  const plane = await startPlane({ serverReplicas: 4, edgeReplicas: 1 });
  const headers = { 'x-envoy-max-retries': '0', 'x-envoy-upstream-rq-timeout-ms': '1' };
  const attempts = await storm(plane, 20, { headers });
  expect(sockets(attempts)).toHaveLength(8);
  expect(openPerPod(plane)).toEqual([2, 2, 2, 2]);
});
