import { Recording } from '@envoy-poc/console/testing';
import { freePort } from '@envoy-poc/env/listen';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { CheckError } from '#runtime';
import type { RunEvent, RunState } from '../start/index.ts';
import { openKubernetes } from '../verify/observed/kubernetes.ts';
import { type ClusterOptions, serveCluster } from './cluster.ts';
import { eventually, smallPlatform, upgrade } from './testing/fake-cluster.ts';

let platform: Awaited<ReturnType<typeof smallPlatform>>;
let events: RunEvent[];
let said: string[];

beforeEach(async () => {
  platform = await smallPlatform({ onTestFinished });
  events = [];
  said = [];
});

type Served = Parameters<Parameters<typeof serveCluster>[1]>[0];

/** Serves the console of the platform until the end of the test; gives its URL, and what ends it. */
async function serve(options: Partial<ClusterOptions> = {}): Promise<Served & { end: () => Promise<void> }> {
  const stop = new AbortController();
  const kubernetes = openKubernetes({ content: platform.cluster.kubeconfig });
  const { promise: page, resolve: serving } = Promise.withResolvers<Served>();
  const over = serveCluster(
    {
      ...{ kubernetes, namespace: 'envoy-poc', place: 'namespace envoy-poc', port: await freePort() },
      ...{ onEvent: (event) => events.push(event), progress: (line) => said.push(line) },
      ...{ signal: stop.signal, ...options },
    },
    serving,
  );
  const end = async () => {
    stop.abort();
    await over;
  };
  onTestFinished(() => end().catch(() => {}));
  const { url, recorder } = await Promise.race([page, over.then(() => expect.fail('it ended'))]);
  return { url, recorder, end };
}

const state = () =>
  events.findLast((event): event is RunEvent & { event: 'state' } => event.event === 'state');
const kinds = (kind: RunEvent['event']) => events.filter(({ event }) => event === kind);
const verdict = (name: string) => state()?.verdicts.find((one) => one.name === name);

test('pods, limits and open connections are there at once, also one of which an old log line tells', async () => {
  const { cluster, pods, edge } = platform;
  cluster.log(edge, upgrade('old', {}, 600), 600);
  const gone = upgrade('gone', { upstream: '10.0.1.2:8080' }, 500);
  cluster.log(edge, gone, 500);
  cluster.log(edge, { ...gone, type: 'DownstreamEnd' }, 400);
  for (const pod of pods) pod.gauges = { open: 1, highWater: 2 };
  const { url } = await serve();
  const [setup] = kinds('setup');
  expect(setup).toMatchObject({
    setup: {
      ...{ place: 'namespace envoy-poc', connectionsPerPod: 2, connectionsPerClient: 5 },
      ...{ newConnectionsPerSecond: 1, admission: 'exact' },
      pods: [
        { name: 'pod-a', address: '10.0.1.1:8080' },
        { name: 'pod-b', address: '10.0.1.2:8080' },
      ],
      edges: [{ name: 'edge-e' }],
      clients: [{ name: 'client-c', address: '10.0.3.1' }],
      pickers: [{ name: 'picker-0' }, { name: 'picker-1' }],
    },
  });
  expect(kinds('open')).toMatchObject([
    { requestId: 'old', pod: 'pod-a', client: 'client-c', edge: 'edge-e', before: true },
  ]);
  await expect.poll(() => state()?.slots, eventually).toEqual({ open: 2, capacity: 4, wanted: 5 });
  expect(state()?.silent).toEqual({ pods: [], edges: [], pickers: [] });
  expect(((await (await fetch(`${url}/api/state`)).json()) as RunState).pods).toMatchObject([
    { name: 'pod-a', open: 1, highWater: 2, limit: 2 },
    { name: 'pod-b', open: 1, highWater: 2, limit: 2 },
  ]);
  // The links of the page lead to the pods' own metrics.
  if (setup?.event !== 'setup') throw new Error('no setup');
  const metrics = await (await fetch(setup.setup.pods[0]?.stats ?? '')).text();
  expect(metrics).toContain('ws_server_open_connections 1');
  // The other one is in no log, which is known once its line would be there.
  await expect.poll(() => state()?.pods.map(({ untold }) => untold), eventually).toEqual([undefined, 1]);
});

test('what happens is told as it happens, and explained', async () => {
  const { cluster, edge, client, pickers } = platform;
  const { url } = await serve();
  cluster.log(edge, upgrade('a'));
  cluster.log(client, { event: 'open', time: new Date().toISOString(), requestId: 'a' });
  const refused = {
    ...{ code: 429, flags: 'UAEX', details: 'ext_authz_denied' },
    upstream: null,
    attempts: 0,
  };
  cluster.log(edge, upgrade('b', { ...refused, type: 'DownstreamEnd' }));
  const time = new Date().toISOString();
  const decision = { time, event: 'decision', requestId: 'b', answer: 'rate', waitMs: 500, intervalMs: 1000 };
  if (pickers[0]) cluster.log(pickers[0], decision);
  await expect
    .poll(() => kinds('refused'), eventually)
    .toMatchObject([{ requestId: 'b', reason: 'rate', client: 'client-c', edge: 'edge-e' }]);
  expect(kinds('open')).toMatchObject([{ requestId: 'a', pod: 'pod-a' }]);
  const log = async () => (await (await fetch(`${url}/api/log?request=b`)).json()) as { why: string[] };
  await expect
    .poll(async () => (await log()).why, eventually)
    .toEqual([expect.stringMatching(/^b was refused: 429, over the rate.*0\.50 tokens/s)]);
});

test('a pod that goes and another that comes: the page is told, before its first connection', async () => {
  const { cluster, edge, pods } = platform;
  if (pods[0]) pods[0].gauges = { open: 2, highWater: 2 };
  await serve();
  await expect.poll(() => state()?.slots.open, eventually).toBe(2);
  cluster.delete('server', 'x-a');
  const fresh = cluster.add('server', 'x-n', '10.0.1.9', { CONNECTIONS_PER_POD: '2' });
  fresh.gauges = { open: 1, highWater: 1 };
  cluster.log(edge, upgrade('n', { upstream: '10.0.1.9:8080' }));
  await expect.poll(() => kinds('open'), eventually).toMatchObject([{ requestId: 'n', pod: 'pod-n' }]);
  const order = events.map(({ event }) => event);
  expect(order.lastIndexOf('setup')).toBeLessThan(order.indexOf('open'));
  await expect
    .poll(() => state()?.pods.map(({ name, open }) => `${name} ${open}`), eventually)
    .toEqual(['pod-b 0', 'pod-n 1']);
  expect(state()?.silent.pods).toEqual([]);
});

test('a stream that ends is taken up again: no line is lost, and none comes twice', async () => {
  const { cluster, edge } = platform;
  await serve();
  for (let n = 0; n < 3; n++) {
    cluster.log(edge, upgrade(`a${n}`));
    for (const follower of edge.followers) follower.destroy();
    cluster.log(edge, upgrade(`b${n}`));
    await expect.poll(() => kinds('open').length, eventually).toBe(2 * (n + 1));
  }
  const ids = kinds('open').map((event) => 'requestId' in event && event.requestId);
  expect(ids).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2']);
});

test('an API server that is away for a while: what is silent is said, no light turns red, and it goes on', async () => {
  const { cluster, edge, client } = platform;
  await serve();
  cluster.log(edge, upgrade('a'));
  await expect.poll(() => kinds('open').length, eventually).toBe(1);
  cluster.down();
  await expect.poll(() => state()?.silent.edges.length, eventually).toBe(1);
  await expect.poll(() => state()?.silent.pods.length, eventually).toBe(2);
  await expect
    .poll(() => said, eventually)
    .toEqual([expect.stringMatching(/cannot be asked for pods.*asked again/)]);
  // The client saw it, and the line of the edge cannot be read.
  cluster.log(edge, upgrade('b'));
  cluster.log(client, { event: 'open', time: new Date().toISOString(), requestId: 'b' });
  await cluster.up();
  await expect.poll(() => kinds('open').length, eventually).toBe(2);
  await expect.poll(() => state()?.silent, eventually).toEqual({ pods: [], edges: [], pickers: [] });
  await expect.poll(() => said.at(-1), eventually).toBe('the API server answers again');
  expect(state()?.verdicts.filter(({ status }) => status === 'broken')).toEqual([]);
});

test('an API server that says nothing for a while, and ends no connection: no line is missed, no light turns red', async () => {
  const { cluster, edge, client } = platform;
  await serve();
  const seen = (requestId: string) => ({ event: 'open', time: new Date().toISOString(), requestId });
  // Later than what may have been logged before.
  await expect.poll(() => state()?.seconds, eventually).toBeGreaterThan(3.5);
  cluster.log(client, seen('a'));
  await expect.poll(() => verdict('logs')?.observed, eventually).toBe('0 found, 0 missing');
  cluster.freeze();
  cluster.log(edge, upgrade('a'));
  await expect.poll(() => state()?.silent.edges[0]?.seconds, eventually).toBeGreaterThan(12);
  // A question that was asked late is given up late.
  await expect.poll(() => said, eventually).toEqual([expect.stringContaining('has not answered for 10 s')]);
  cluster.log(edge, upgrade('b'));
  cluster.log(client, seen('b'));
  cluster.thaw();
  await expect.poll(() => verdict('logs')?.observed, eventually).toBe('2 found, 0 missing');
  expect(kinds('open').map((event) => 'requestId' in event && event.requestId)).toEqual(['a', 'b']);
  await expect.poll(() => said.slice(1), eventually).toEqual(['the API server answers again']);
});

test('replies of connections from before are right when a pod has their address, and only then', async () => {
  const { cluster, client } = platform;
  await serve();
  const reply = (podIp: string) => ({
    ...{ event: 'reply', time: new Date().toISOString(), requestId: 'unknown', podIp, roundTripMs: 1 },
    timestamp: new Date().toISOString(),
  });
  cluster.log(client, reply('10.0.1.2'));
  await expect.poll(() => verdict('replies')?.status, eventually).toBe('holds');
  cluster.log(client, reply('192.0.2.1'));
  await expect.poll(() => verdict('replies')?.status, eventually).toBe('broken');
});

test('a pod over its own limit turns the light red; one with a higher limit does not', async () => {
  const { cluster, pods } = platform;
  const other = cluster.add('server', 'x-c', '10.0.1.3', { CONNECTIONS_PER_POD: '3' });
  other.gauges = { open: 3, highWater: 3 };
  await serve();
  await expect.poll(() => verdict('limit')?.status, eventually).toBe('holds');
  if (pods[0]) pods[0].gauges = { open: 2, highWater: 3 };
  await expect.poll(() => verdict('limit')?.status, eventually).toBe('broken');
});

test('is recorded by the clock of the cluster, as its events are told', async () => {
  const { cluster, edge } = platform;
  cluster.aheadMs = 600_000;
  const { recorder } = await serve();
  cluster.log(edge, { ...upgrade('a'), time: new Date(Date.now() + cluster.aheadMs).toISOString() });
  await expect.poll(() => kinds('open').length, eventually).toBe(1);
  await expect.poll(() => state()?.slots, eventually).toBeDefined();
  const recording = await Recording.read(recorder.text());
  expect(recording.fromMs).toBeGreaterThanOrEqual(recording.startedMs);
  const [{ at } = { at: '' }] = recording.viewAt(recording.toMs).entries;
  expect(Math.abs(recording.toMs - Date.parse(at))).toBeLessThan(60_000);
});

describe('it cannot be watched', () => {
  const fails = (options: Partial<ClusterOptions> = {}) =>
    serve(options).then(
      () => expect.fail('it is served'),
      (error: CheckError) => `${error.message}\n→ ${error.next}`,
    );

  test('every right that is missing is named', async () => {
    platform.cluster.refused.add('get pods/log').add('get pods/portforward');
    expect(await fails()).toMatch(
      /^http:\S+ does not let you get pods\/log and get pods\/portforward in namespace envoy-poc\n→ npx envoy-poc access/,
    );
  });

  test('there is nothing in the namespace', async () => {
    platform.cluster.pods.clear();
    expect(await fails()).toMatch(
      /^there are no pods of the platform in namespace envoy-poc\n→ .*--namespace$/,
    );
  });

  test('no pod says the limits', async () => {
    for (const name of ['x-a', 'x-b']) platform.cluster.delete('server', name);
    expect(await fails()).toMatch(/^no pod in namespace envoy-poc says the limits/);
  });

  test('the port is taken', async () => {
    const { url } = await serve();
    const port = Number(new URL(url).port);
    expect(await fails({ port })).toBe(`127.0.0.1:${port} is taken\n→ name another port with --port`);
  });
});

test('when it ends, no follower and no way into a pod is left', async () => {
  const { cluster } = platform;
  const { end } = await serve();
  await expect.poll(() => state()?.pods.length, eventually).toBe(2);
  const [setup] = kinds('setup');
  await end();
  const followers = () => [...cluster.pods.values()].reduce((sum, pod) => sum + pod.followers.size, 0);
  await expect.poll(followers, eventually).toBe(0);
  if (setup?.event !== 'setup') throw new Error('no setup');
  await expect(fetch(setup.setup.pods[0]?.stats ?? '')).rejects.toThrow();
});
