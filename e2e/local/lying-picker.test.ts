import { once } from 'node:events';
import { createServer, type OutgoingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { pickedHeader as header, identity } from '@envoy-poc/edge/picker-contract';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../helpers/wait.ts';
import { type Attempt, attempt, freeAll, sockets, storm } from './attempts.ts';
import {
  edgesSeePickers,
  edgeUrl,
  openPerPod,
  type Plane,
  pickerAt,
  pickersReady,
  startPlane,
  untilEdgesSee,
} from './harness.ts';

/** A picker of the test's own, that says what the test wants; `asked` are the questions' heads. */
async function liar(
  plane: Plane,
  n: number,
  health: OutgoingHttpHeaders = { [identity.header]: identity.value },
) {
  const picker = {
    answer: (() => {}) as RequestListener,
    asked: [] as Record<string, string | string[] | undefined>[],
  };
  const server = createServer((request, response) => {
    if (request.url === '/healthz') return void response.writeHead(200, health).end('ok\n');
    picker.asked.push({ url: request.url, ...request.headers });
    picker.answer(request, response);
  });
  const { decisions } = pickerAt(plane, n);
  await once(server.listen(decisions.port, decisions.address), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return picker;
}

const list =
  (...pods: string[]): RequestListener =>
  (_, response) =>
    void response.writeHead(200, { [header]: pods.join(',') }).end();

const status =
  (code: number, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    void response.writeHead(code, headers).end();

function endless(response: ServerResponse): void {
  response.writeHead(200);
  const piece = Buffer.alloc(65_536);
  const more = () => {
    if (response.destroyed) return;
    response.write(piece);
    setTimeout(more, 5);
  };
  more();
}

/**
 * What a picker may say instead of the truth; a pod is `ip:port`. Refusals an edge has to believe. A pod that is asked
 * twice about one upgrade, as a list that names it twice has it, ends the search.
 */
const lies: [string, 'admitted' | 'some admitted' | 'refused', (pod: string) => RequestListener][] = [
  ['one pod for everybody', 'admitted', (pod) => list(pod)],
  ['the same pod four times', 'some admitted', (pod) => list(pod, pod, pod, pod)],
  ['ten pods', 'some admitted', (pod) => list(...Array(10).fill(pod))],
  ['a foreign address', 'admitted', () => list('10.9.8.7:8080')],
  ['a foreign address and a pod', 'admitted', (pod) => list('10.9.8.7:8080', pod)],
  ['garbage', 'admitted', () => list('%00/../;')],
  ['an empty list', 'admitted', () => list('')],
  ['200 without a list', 'admitted', () => status(200)],
  ['nothing', 'admitted', () => () => {}],
  ['200 too late', 'admitted', (pod) => (q, r) => void setTimeout(() => list(pod)(q, r), 600)],
  [
    'no HTTP',
    'admitted',
    () =>
      ({ socket }) =>
        void socket.end('hello\r\n\r\n'),
  ],
  [
    'a reset',
    'admitted',
    () =>
      ({ socket }) =>
        void socket.destroy(),
  ],
  ['503', 'admitted', () => status(503)],
  ['a head of 200 KB', 'admitted', (pod) => status(200, { [header]: pod, x: 'x'.repeat(200_000) })],
  ['a body without end', 'admitted', () => (_, response) => endless(response)],
  ['a list of 45 KB', 'refused', (pod) => list(...Array(3000).fill(pod))],
  ['a redirect', 'refused', () => status(302, { location: 'http://127.0.0.1:1/' })],
  ['404', 'refused', () => status(404)],
  ['204', 'refused', (pod) => status(204, { [header]: pod })],
];

test.each([
  ['refuses, which an edge', lies.filter(([, result]) => result === 'refused'), 0, {}],
  // An edge that has no processor time may find that a refusal, too, came too late.
  [
    'says else, which no edge',
    lies.filter(([, result]) => result !== 'refused'),
    2,
    { pickerTimeout: 'real' },
  ],
] as const)(
  'whatever a picker %s believes, each upgrade is answered, and no pod takes a third',
  async (_, lies, most, wait) => {
    const plane = await startPlane({
      ...{ serverReplicas: 4, edgeReplicas: 2, admission: 'exact', withoutPickers: true },
      ...wait,
    });
    const picker = await liar(plane, 0);
    await sleep(1000);
    const pod = `${plane.places.pods[0]?.address}:${plane.places.pods[0]?.port}`;
    for (const [name, result, lie] of lies) {
      picker.answer = lie(pod);
      picker.asked = [];
      let attempts: Attempt[] = [];
      // A picker whose answer to a health check came late, by what went before or on a busy machine, is not asked.
      await until(
        async () => {
          await freeAll(plane, attempts);
          await edgesSeePickers(plane, 1);
          attempts = await storm(plane, 20);
          return picker.asked.length > 0;
        },
        () => `the picker is asked: ${name}`,
      );
      const odd = attempts.filter(({ status }) => status !== 503 && (status !== 101 || result === 'refused'));
      expect(odd, name).toEqual([]);
      if (result !== 'some admitted') {
        expect(sockets(attempts), name).toHaveLength(result === 'refused' ? 0 : 8);
      }
      expect(Math.max(...attempts.map(({ milliseconds }) => milliseconds)), name).toBeLessThan(15_000);
      await freeAll(plane, attempts);
    }
    expect(plane.pods.map((one) => one.highWater)).toEqual([most, most, most, most]);
  },
);

test.for([
  ['404', {}, status(404)],
  ['a redirect', { [identity.header]: 'dashboard' }, status(302, { location: '/login' })],
] as const)(
  'another server at the address of a picker, that says %s to everything, refuses nobody',
  async ([, health, answer]) => {
    const plane = await startPlane({
      ...{ serverReplicas: 4, edgeReplicas: 1, admission: 'exact', withoutPickers: true },
      pickerTimeout: 'real',
    });
    const other = await liar(plane, 0, health);
    other.answer = answer;
    // The second picker, asked where the first is not well.
    const second = await liar(plane, 1);
    const pod = plane.places.pods[3];
    second.answer = list(`${pod?.address}:${pod?.port}`);
    await until(
      async () => {
        const { status, socket } = await attempt(edgeUrl(plane, 0));
        expect(status).toBe(101);
        socket?.close();
        return second.asked.length > 0;
      },
      () => 'the second picker is asked',
    );
    const attempts = await storm(plane, 20);
    expect(sockets(attempts)).toHaveLength(8);
    expect(other.asked).toEqual([]);
  },
);

test('a client does not choose its pod, nor who it is, and its secrets stay with the edge', async () => {
  const plane = await startPlane({
    ...{ serverReplicas: 4, edgeReplicas: 1, admission: 'exact', withoutPickers: true },
    connectionsPerPod: 100,
  });
  const picker = await liar(plane, 0);
  const [first, second] = plane.places.pods.map((at) => `${at.address}:${at.port}`);
  const headers = {
    [header]: first ?? '',
    'x-client-address': '203.0.113.9',
    'x-request-id': 'mine',
    authorization: 'Bearer secret',
    cookie: 'secret',
  };
  await until(
    async () => {
      picker.answer = list(second ?? '');
      return (
        (await attempt(`${edgeUrl(plane, 0)}path?token=secret`, { headers })).status === 101 &&
        picker.asked.length > 0
      );
    },
    () => 'the picker is asked',
  );
  expect(openPerPod(plane)[1]).toBeGreaterThan(0);
  expect(picker.asked[0]).toMatchObject({
    ...{ url: '/decide', 'x-request-id': 'mine', 'x-client-address': '127.0.0.1' },
  });
  expect(JSON.stringify(picker.asked)).not.toMatch(/secret|gateway-destination/);
  const line = () => plane.accessLog.find(({ route }) => route === 'picked');
  await until(
    () => line() !== undefined,
    () => 'the attempt is in the access log',
  );
  expect(line()).toMatchObject({ upstream: second, attempts: 1 });
});

test('what the picker refuses reaches the client: 429 as it is, "full" as 503', async () => {
  const plane = await startPlane({
    ...{ serverReplicas: 1, edgeReplicas: 1, admission: 'exact', withoutPickers: true },
  });
  const picker = await liar(plane, 0);
  picker.answer = status(429, { 'x-refusal': 'rate', 'retry-after': '7', 'x-secret': 'no' });
  await until(
    async () => (await attempt(edgeUrl(plane, 0))).status === 429,
    () => 'the picker is asked',
  );
  const rate = await attempt(edgeUrl(plane, 0));
  expect(rate).toMatchObject({ status: 429, headers: { 'x-refusal': 'rate', 'retry-after': '7' } });
  expect(rate.headers).not.toHaveProperty('x-secret');
  picker.answer = status(409, { 'x-refusal': 'full', 'retry-after': '1' });
  expect(await attempt(edgeUrl(plane, 0))).toMatchObject({
    ...{ status: 503, headers: { 'x-refusal': 'full', 'retry-after': '1' } },
  });
  const refusals = () => plane.accessLog.filter(({ flags }) => flags === 'UAEX').map(({ code }) => code);
  await until(
    () => refusals().includes(503) && refusals().includes(429),
    () => 'both refusals are in the access log',
  );
});

test('pods that drain, fail or are full are left out as ever, where no picker has a say', async () => {
  const plane = await startPlane({
    ...{ serverReplicas: 4, edgeReplicas: 1, admission: 'exact', withoutPickers: true },
    server: { serverDrainSeconds: 20 },
  });
  // Fills the first, through no edge, and the second, which then drains; one connection stays for 10 s.
  const [full, drains] = plane.places.pods;
  for (const at of [full, full, drains, drains]) await attempt(`ws://${at?.address}:${at?.port}/`);
  void plane.pods[1]?.drain();
  await untilEdgesSee(plane, 2, 1);
  for (let n = 0; n < 4; n++) expect((await attempt(edgeUrl(plane, 0))).status).toBe(101);
  expect(openPerPod(plane)).toEqual([2, 1, 2, 2]);
  await until(
    () => plane.accessLog.length >= 4,
    () => 'all are in the access log',
  );
  expect(new Set(plane.accessLog.map(({ route }) => route))).toEqual(new Set(['upgrade']));
  await Promise.all(plane.pods.map((pod) => pod.close()));
  await untilEdgesSee(plane, 0, 0);
  // None left: no edge panics and tries one all the same.
  expect(await attempt(edgeUrl(plane, 0))).toMatchObject({ status: 503, body: 'no healthy upstream' });
});

test('a frozen picker is left soon for the other, and asked again when it is back', async ({ annotate }) => {
  const plane = await startPlane({
    ...{ serverReplicas: 2, connectionsPerPod: 1000, edgeReplicas: 1, admission: 'exact' },
    pickerTimeout: 'real',
  });
  const statuses = new Set<number>();
  let done = false;
  const asking = (async () => {
    while (!done) {
      const one = await attempt(edgeUrl(plane, 0), { timeoutSeconds: 5 });
      statuses.add(one.status);
      one.socket?.close();
      await sleep(20);
    }
  })();
  const last = () => plane.decisions.at(-1)?.picker;
  const untilAsked = async (n: number) => {
    const startedAt = performance.now();
    await until(
      () => last() === n,
      () => `picker ${n} is asked, not ${last()}`,
    );
    return performance.now() - startedAt;
  };
  await untilAsked(0);
  plane.pickers[0]?.kill('SIGSTOP');
  const leftMs = await untilAsked(1);
  plane.pickers[0]?.kill('SIGCONT');
  const backMs = await untilAsked(0);
  done = true;
  await asking;
  await annotate(`left after ${Math.round(leftMs)} ms, asked again after ${Math.round(backMs)} ms`);
  await pickersReady(plane);
  expect(statuses).toEqual(new Set([101]));
  // Within a second on a quiet machine; room for one that is not.
  expect(leftMs).toBeLessThan(10_000);
  expect(backMs).toBeLessThan(15_000);
});
