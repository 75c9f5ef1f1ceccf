import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sample } from '@envoy-poc/cli/runtime/prometheus';
import { Child, type Reaper } from '@envoy-poc/cli/start';
import { decode, encode } from 'dns-packet';
import { askDns, endpointAt, startChangedEdge } from './envoy.ts';
import type { Table } from './table.ts';
import { cpuSeconds, figure, mainThreadSeconds, residentMegabytes } from './usage.ts';

/** Time until checks come evenly. */
const WARM_UP_SECONDS = 5;

/** What it costs one Envoy to ask so many pods for their health once a second. */
export async function measureChecks(
  sizes: readonly number[],
  seconds: number,
  folder: string,
  reaper: Reaper,
): Promise<Table> {
  const table: Table = {
    title: 'Health checks of one edge',
    text: `The cluster of server pods as an edge has it, with one check a second for each pod, and pods that are one process with many addresses, for ${seconds} s; the limit of Envoy's heap is lifted. With \`initial_jitter\` an Envoy spreads the first checks; without, it opens all connections at once, and where that takes longer than the second that a check may take, none succeeds and all are tried again, for ever. "A check too late" is the time between two checks of one pod, less the second that it should be. The name is that of another cluster, looked up every 2 s. –: not at all within the time.`,
    columns: [
      'checks a second wanted',
      'first checks',
      'ready after, s',
      'pods found healthy',
      'checks a second answered',
      'CPU of Envoy, cores',
      'of it the main thread',
      'a check too late (p50), s',
      'p99, s',
      '`/ready` (p50), ms',
      'longest, ms',
      '`/stats/prometheus`, s',
      'size, MB',
      'longest time between look-ups of a name, s',
      'memory, MB',
    ],
    rows: [],
  };
  for (const pods of sizes) {
    for (const spread of [false, true]) {
      table.rows.push(await measure(pods, spread, seconds, folder, reaper));
    }
  }
  return table;
}

async function measure(
  pods: number,
  spread: boolean,
  seconds: number,
  folder: string,
  reaper: Reaper,
): Promise<Table['rows'][number]> {
  const closing = new AsyncDisposableStack();
  await using _ = closing;
  const heard: { checks: number; p50: number; p99: number }[] = [];
  let listening = false;
  const fleet = new Child({
    ...{ name: `${pods} pods`, program: process.execPath, reaper },
    args: [join(import.meta.dirname, 'healthy-pods.ts')],
    onLine: (line) => {
      if (line.startsWith('{')) heard.push(JSON.parse(line));
      else listening = true;
    },
  });
  closing.defer(() => fleet.stop(1));
  await fleet.until(async () => listening, 20);
  const names = await countingDns();
  closing.defer(() => names.close());
  const edge = await startChangedEdge({
    ...{ folder, reaper, network: '127.120', pods: 'pods.example' },
    change(servers, clusters) {
      // Found by DNS, but another cluster: the pods are more than a name holds.
      const found = { ...structuredClone(servers), name: 'found', health_checks: [] };
      found.load_assignment.cluster_name = 'found';
      askDns(found, '127.0.0.1', names.port);
      clusters.push(found);
      delete servers.cluster_type;
      servers.type = 'STATIC';
      const [check] = servers.health_checks;
      if (spread && check) check.initial_jitter = '1s';
      const hosts = Array.from({ length: pods }, (_, pod) =>
        endpointAt(`127.121.${pod >> 8}.${pod & 255}`, 8080),
      );
      servers.load_assignment.endpoints = [{ lb_endpoints: hosts }];
    },
  });
  closing.defer(() => edge[Symbol.asyncDispose]());
  await sleep(WARM_UP_SECONDS * 1000);

  heard.length = 0;
  names.gaps.length = 0;
  const [from, cpu, main] = [performance.now(), cpuSeconds(edge.pid), mainThreadSeconds(edge.pid)];
  const readyMs: number[] = [];
  while (performance.now() - from < seconds * 1000) {
    readyMs.push((await get(`${edge.stats}/ready`)).milliseconds);
    await sleep(200);
  }
  const elapsed = (performance.now() - from) / 1000;
  const [cpuUsed, mainUsed] = [cpuSeconds(edge.pid) - cpu, mainThreadSeconds(edge.pid) - main];
  const done = heard.reduce((sum, { checks }) => sum + checks, 0) / elapsed;
  // A connection that is checked once only, and then timed out, has no gap.
  const late = (which: 'p50' | 'p99') => {
    const gap = middle(heard.map((each) => each[which]));
    return gap === 0 ? NONE : figure(gap / 1000 - 1);
  };
  const lookUps = names.gaps.length === 0 ? NONE : figure(Math.max(...names.gaps) / 1000);
  const membership = await get(`${edge.stats}/stats/prometheus?filter=membership_healthy`);
  const healthy = sample(
    membership.body ?? '',
    'envoy_cluster_membership_healthy{envoy_cluster_name="servers"}',
  );
  const page = await get(`${edge.stats}/stats/prometheus`);
  return [
    pods,
    spread ? 'within 1 s' : 'at once',
    edge.readySeconds === undefined ? NONE : figure(edge.readySeconds),
    healthy === undefined ? NONE : figure(healthy),
    figure(done),
    figure(cpuUsed / elapsed),
    figure(mainUsed / elapsed),
    late('p50'),
    late('p99'),
    figure(middle(readyMs)),
    figure(Math.max(...readyMs)),
    page.body === undefined ? NONE : figure(page.milliseconds / 1000),
    page.body === undefined ? NONE : figure(page.body.length / 1e6),
    lookUps,
    figure(residentMegabytes(edge.pid)),
  ];
}

/** In a table: there was none within the time. */
const NONE = '–';

function middle(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** A DNS server that knows every name, and the times between questions in milliseconds. */
async function countingDns() {
  const socket = createSocket('udp4');
  const gaps: number[] = [];
  let last: number | undefined;
  socket.on('message', (message, { address, port }) => {
    const { id, questions = [] } = decode(message);
    const now = performance.now();
    if (last !== undefined) gaps.push(now - last);
    last = now;
    const name = questions[0]?.name ?? '.';
    const reply = encode({
      ...{ id, type: 'response', questions },
      answers: [{ type: 'A', name, ttl: 1, data: '127.0.0.1' }],
    });
    socket.send(reply, port, address);
  });
  await once(socket.bind(0, '127.0.0.1'), 'listening');
  return { port: socket.address().port, gaps, close: () => void socket.close() };
}

/** A page, left out where it does not come whole within 10 s, and the time that took. */
async function get(url: string): Promise<{ body: string | undefined; milliseconds: number }> {
  const from = performance.now();
  const body = await fetch(url, { signal: AbortSignal.timeout(10_000) })
    .then((response) => response.text())
    .catch(() => undefined);
  return { body, milliseconds: performance.now() - from };
}
