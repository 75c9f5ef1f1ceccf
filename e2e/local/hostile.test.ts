import { get } from 'node:http';
import { sample } from '@envoy-poc/cli/runtime/prometheus';
import { show } from '@envoy-poc/cli/start';
import type { SocketAddress } from '@envoy-poc/edge';
import { expect, test } from 'vitest';
import { head, malformed, type Raw, send, silent, upgrade } from '../helpers/raw.ts';
import { until } from '../helpers/wait.ts';
import { attempt } from './attempts.ts';
import { httpOf, upgradeRoute } from './bootstrap.ts';
import { edgeAt, edgeUrl, type Plane, startPlane } from './harness.ts';

const oneEdge = { serverReplicas: 1, edgeReplicas: 1 };

/** What a health check must not be kept busy by: each but a plain GET. */
const heldUp = [
  head('GET /healthz', ...upgrade),
  head('POST /healthz', 'Content-Length: 5'),
  head('GET /healthz', 'Content-Length: 5'),
  head('GET /healthz', 'Transfer-Encoding: chunked'),
];

/** Status of a GET; 0 where there is no answer. */
function status(at: SocketAddress, path: string): Promise<number> {
  return new Promise((resolve) => {
    const request = get(`http://${show(at)}${path}`, { agent: false, timeout: 20_000 }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(0));
  });
}

const answered = (all: readonly Raw[]) => all.filter((raw) => raw.status() !== 0).length;

test('2,000 upgrades and unfinished bodies to /healthz are answered and logged; probes are answered meanwhile', async () => {
  const plane = await startPlane({ ...oneEdge, connectionsPerPod: 1000, newConnectionsPerSecond: 1 });
  const { ingress, lifecycle } = edgeAt(plane, 0);
  const all = await send(ingress, 2000, (i) => heldUp[i % heldUp.length] ?? '');
  const ready: number[] = [];
  await until(
    async () => {
      ready.push(await status(lifecycle, '/healthz'), await status(lifecycle, '/alive'));
      return all.every((raw) => raw.status() !== 0 || !raw.open());
    },
    () => `${answered(all)} of ${all.length} were answered`,
  );
  // On a busy machine this process may write many a head later than the edge waits for one.
  expect(answered(all)).toBeGreaterThan(1000);
  expect(new Set(ready)).toEqual(new Set([200]));
  await until(
    async () => (await status(ingress, '/healthz')) === 200,
    () => 'the load balancer is answered',
  );
  const statuses = all.map((raw) => raw.status()).filter((code) => code !== 0);
  expect([...new Set(statuses)].sort()).toEqual([101, 200, 426, 429]);
  // A GET whose body comes in chunks was answered as a plain one, which is not logged.
  const refused = statuses.filter((code) => code !== 200).length;
  const logged = () =>
    plane.accessLog.filter(({ code, type }) => (code === 101) === (type !== 'DownstreamEnd')).length;
  await until(
    () => logged() >= refused,
    () => `${logged()} of ${refused} are in the access log`,
  );
});

test('control: a health check that goes by the path alone holds them all, and the edge is gone for everybody', async () => {
  const plane = await startPlane({
    ...{ ...oneEdge, downstreamConnections: 50 },
    patch: (bootstrap) => {
      const type = 'type.googleapis.com/envoy.extensions.filters.http.health_check.v3.HealthCheck';
      (httpOf(bootstrap, 'ingress').http_filters as object[]).unshift({
        name: 'envoy.filters.http.health_check',
        typed_config: {
          '@type': type,
          pass_through_mode: false,
          headers: [{ name: ':path', string_match: { exact: '/healthz' } }],
        },
      });
    },
  });
  const { ingress, lifecycle } = edgeAt(plane, 0);
  const all = await send(ingress, 50, (i) => heldUp[i % heldUp.length] ?? '');
  await until(
    async () =>
      (await stat(plane, 'envoy_http_downstream_rq_active{envoy_http_conn_manager_prefix="ingress"}')) >= 50,
    () => 'all of them are held',
  );
  expect(await status(ingress, '/healthz')).toBe(0);
  expect(answered(all)).toBe(0);
  expect(plane.accessLog).toEqual([]);
  // The places of the probes are others.
  expect(await status(lifecycle, '/healthz')).toBe(200);
});

test('beside 2,000 connections on which nothing comes, or half a head, a client gets in, and they end within a bound', async () => {
  const plane = await startPlane(oneEdge);
  const { ingress, stats, lifecycle } = edgeAt(plane, 0);
  const left = await silent(ingress, 1000);
  const half = await send(ingress, 1000, () => 'GET /healthz HTTP/1.1\r\nHost: a\r\n');
  const others = await Promise.all([silent(stats, 50), silent(lifecycle, 50)]);
  expect((await attempt(edgeUrl(plane, 0))).status).toBe(101);
  const seen: number[] = [];
  await until(
    async () => {
      seen.push(
        await status(lifecycle, '/healthz'),
        await status(lifecycle, '/alive'),
        await status(stats, '/ready'),
      );
      return (
        left().length === 0 && half.every((raw) => !raw.open()) && others.every((each) => each().length === 0)
      );
    },
    () => `${left().length} silent ones are left`,
    60,
    200,
  );
  expect(new Set(seen)).toEqual(new Set([200]));
  expect((await attempt(edgeUrl(plane, 0))).status).toBe(101);
});

/** One statistic of the first edge. */
async function stat(plane: Plane, series: string): Promise<number> {
  const response = await fetch(`http://${show(edgeAt(plane, 0).stats)}/stats/prometheus`);
  return sample(await response.text(), series) ?? -1;
}

const oneToken = { ...oneEdge, newConnectionsPerSecond: 0.01 };

test('60 malformed upgrades of each kind are refused at the edge, and cost no token', async () => {
  const plane = await startPlane(oneToken);
  const kinds = Object.entries(malformed);
  for (const [kind, bytes] of kinds) {
    const all = await send(edgeAt(plane, 0).ingress, 60, () => bytes);
    await until(
      () => answered(all) === 60,
      () => `${answered(all)} of 60 with ${kind} were answered`,
    );
    for (const raw of all) expect([400, 403, 426], kind).toContain(raw.status());
  }
  expect((await attempt(edgeUrl(plane, 0))).status).toBe(101);
  const refused = () => plane.accessLog.filter(({ code }) => code !== 101);
  await until(
    () => refused().length === 60 * kinds.length,
    () => `${refused().length} of ${60 * kinds.length} are in the access log`,
  );
  expect(refused().filter(({ upstream }) => upstream !== null)).toEqual([]);
});

test('a web page of another site is refused at the edge, and costs no token; pages of this one and programs connect', async () => {
  const page = 'http://127.0.0.1:7070';
  const plane = await startPlane({ ...oneToken, newConnectionsPerSecond: 0.01, allowedOrigins: [page] });
  for (const origin of [
    'https://evil.example',
    `${page}.evil.example`,
    'http://127.0.0.1:70709',
    'null',
    '',
  ]) {
    expect((await attempt(edgeUrl(plane, 0), { headers: { origin } })).status, origin).toBe(403);
  }
  expect((await attempt(edgeUrl(plane, 0), { headers: { origin: page } })).status).toBe(101);
  expect((await attempt(edgeUrl(plane, 0))).status, 'the token is spent on the page of this site').toBe(429);
});

test('control: an edge that looks at the upgrade header alone spends the token on one of them', async () => {
  const plane = await startPlane({
    ...oneToken,
    patch: (bootstrap) => {
      const { match } = upgradeRoute(bootstrap);
      match.headers = match.headers.filter(({ name }) => name === 'upgrade');
    },
  });
  const [raw] = await send(edgeAt(plane, 0).ingress, 1, () => malformed['no key'] ?? '');
  await until(
    () => raw?.status() === 400,
    () => `the pod refuses it: ${raw?.status()}`,
  );
  expect((await attempt(edgeUrl(plane, 0))).status).toBe(429);
});

/** Headers of so many bytes in all, as many as an edge takes. */
function padding(bytes: number): Record<string, string> {
  const each = Math.floor(bytes / 85);
  return Object.fromEntries(
    Array.from({ length: 85 }, (_, i) => [
      `x-padding-${i}`,
      'a'.repeat(each - `x-padding-${i}: \r\n`.length),
    ]),
  );
}

test('a head that a pod would not take is refused by the edge, counted and logged, and costs no token', async () => {
  const plane = await startPlane(oneToken);
  const tooLarge = await attempt(edgeUrl(plane, 0), { headers: padding(17 * 1024) });
  expect(tooLarge.status).toBe(431);
  await until(
    () => plane.accessLog.length > 0,
    () => 'it is in the access log',
  );
  expect(plane.accessLog).toMatchObject([{ code: 431, upstream: null, type: 'DownstreamEnd' }]);
  expect(
    await stat(
      plane,
      'envoy_http_downstream_rq_xx{envoy_response_code_class="4",envoy_http_conn_manager_prefix="ingress"}',
    ),
  ).toBe(1);
  expect((await attempt(edgeUrl(plane, 0))).status).toBe(101);
});

test('the largest head that the edge takes is one that a pod takes', async () => {
  const plane = await startPlane({ ...oneEdge, connectionsPerPod: 100 });
  const statuses: number[] = [];
  for (let bytes = 14 * 1024; bytes <= 17 * 1024; bytes += 64) {
    const { socket, status } = await attempt(edgeUrl(plane, 0), { headers: padding(bytes) });
    socket?.close();
    statuses.push(status);
  }
  expect([...new Set(statuses)]).toEqual([101, 431]);
  expect(plane.accessLog.filter(({ code, upstream }) => code === 431 && upstream !== null)).toEqual([]);
});

test('control: an edge that takes larger heads hands them to a pod, which refuses them', async () => {
  const plane = await startPlane({
    ...oneToken,
    patch: (bootstrap) => {
      httpOf(bootstrap, 'ingress').max_request_headers_kb = 60;
    },
  });
  expect((await attempt(edgeUrl(plane, 0), { headers: padding(40 * 1024) })).status).toBe(431);
  expect((await attempt(edgeUrl(plane, 0))).status).toBe(429);
});

test('what a client may make long is cut in the access log, and a query is not there at all', async () => {
  const plane = await startPlane(oneEdge);
  await attempt(`${edgeUrl(plane, 0)}${'p'.repeat(5000)}?token=secret`, {
    headers: { 'x-request-id': 'r'.repeat(5000) },
  });
  await fetch(`http://${show(edgeAt(plane, 0).ingress)}/some/path?password=secret`);
  await until(
    () => plane.accessLog.length >= 2,
    () => `${plane.accessLog.length} lines`,
  );
  const text = JSON.stringify(plane.accessLog);
  expect(text).not.toContain('secret');
  expect(text.length).toBeLessThan(3000);
  expect(plane.accessLog.map(({ path }) => path).sort()).toEqual([`/${'p'.repeat(255)}`, '/some/path']);
});
