import { existsSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sample } from '@envoy-poc/cli/runtime/prometheus';
import { Child, type Reaper } from '@envoy-poc/cli/start';
import type { Table } from './table.ts';
import { cpuSeconds, figure, residentMegabytes } from './usage.ts';

const address = '127.99.0.1';
const ports = { decisions: 9002, reports: 9003 };
const url = `http://${address}:${ports.decisions}`;

/** As it runs in the cluster: built, and with the heap of `projects/workloads/src/picker.ts`. */
const script = join(import.meta.dirname, '../../../apps/endpoint-picker/dist/main.cjs');
const heap = '--max-old-space-size=56 --max-semi-space-size=2';

/** What one picker needs for so many pods, and how long it knows too little after its restart. */
export async function measurePicker(
  sizes: readonly number[],
  seconds: number,
  reaper: Reaper,
): Promise<Table[]> {
  if (!existsSync(script)) {
    throw new Error(`${script} is missing; build it: npx nx run endpoint-picker:build`);
  }
  const knowing: Table = {
    title: 'Endpoint picker: pods, memory and restart',
    text: `One built picker, ended by SIGKILL and started again, and pods that report to it by TCP from addresses of their own. A pod has 1,000 slots and says something once a second. "First answer" is the first 200 of \`/healthz\` after the restart.`,
    columns: [
      'pods',
      'memory, MB',
      'of it not of files, MB',
      'CPU while nothing changes, cores',
      'first pod heard after, s',
      'all pods heard after, s',
      'first answer after, s',
      'pods known at the first answer',
      'CPU until all are heard, s',
    ],
    rows: [],
  };
  const deciding: Table = {
    title: 'Endpoint picker: decisions',
    text: `Questions from one process, 64 at a time, for ${seconds} s each, beside the pods' reports, whose CPU is in that of each decision.`,
    columns: [
      'pods',
      'answer',
      'decisions a second',
      'CPU of each, µs',
      'p50, ms',
      'p99, ms',
      'answered otherwise',
    ],
    rows: [],
  };
  for (const pods of sizes) {
    const closing = new AsyncDisposableStack();
    await using _ = closing;
    let picker = start(reaper, 1_000_000);
    closing.defer(() => picker.stop(5));
    const fleet = new Child({
      ...{ name: `${pods} pods`, program: process.execPath, reaper },
      args: [join(import.meta.dirname, 'pods.ts'), address, String(ports.reports), String(pods)],
    });
    closing.defer(() => fleet.stop(1));
    await picker.until(async () => (await known()) === pods, 120);
    await picker.until(ready, 90);
    for (const [answer, rate] of [
      ['picked', 1_000_000],
      ['rate', 1e-6],
    ] as const) {
      if (answer === 'rate') {
        await restart(rate);
        await picker.until(async () => (await known()) === pods && (await ready()), 120);
      }
      const load = await askFor(seconds, picker.pid);
      const others = load.total - (load.statuses.get(answer === 'picked' ? 200 : 429) ?? 0);
      deciding.rows.push([
        pods,
        answer,
        figure(load.perSecond),
        figure(load.cpuMicroseconds),
        figure(load.p50),
        figure(load.p99),
        others,
      ]);
    }
    const quietFrom = cpuSeconds(picker.pid);
    await sleep(5000);
    const quiet = (cpuSeconds(picker.pid) - quietFrom) / 5;
    picker.kill('SIGKILL');
    await picker.ended;
    await sleep(1000);
    picker = start(reaper, 1_000_000);
    const learned = await learn(picker, pods);
    await sleep(5000);
    knowing.rows.push([
      pods,
      figure(residentMegabytes(picker.pid)),
      figure(residentMegabytes(picker.pid, 'RssAnon')),
      figure(quiet),
      figure(learned.firstMs / 1000),
      figure(learned.allMs / 1000),
      figure(learned.readyMs / 1000),
      learned.knownWhenReady,
      figure(learned.cpu),
    ]);

    async function restart(rate: number) {
      picker.kill('SIGKILL');
      await picker.ended;
      picker = start(reaper, rate);
    }
  }
  return [knowing, deciding];
}

function start(reaper: Reaper, rate: number): Child {
  return new Child({
    name: 'picker',
    program: process.execPath,
    args: [script],
    env: {
      ...{ HOST: address, PORT: String(ports.decisions), REPORTS_PORT: String(ports.reports) },
      ...{ NEW_CONNECTIONS_PER_SECOND: String(rate), LOG_LEVEL: 'info', NODE_OPTIONS: heap },
    },
    reaper,
  });
}

async function known(): Promise<number | undefined> {
  return sample(await (await fetch(`${url}/metrics`)).text(), 'endpoint_picker_pods');
}

async function ready(): Promise<boolean> {
  return (await fetch(`${url}/healthz`)).ok;
}

/** Follows a picker from when it listens until it knows all pods and answers. */
async function learn(picker: Child, pods: number) {
  await picker.until(async () => (await known()) !== undefined, 20);
  const startedAt = performance.now();
  let firstMs: number | undefined;
  let allMs: number | undefined;
  let cpu = 0;
  let readyMs: number | undefined;
  let knownWhenReady = 0;
  while (allMs === undefined || readyMs === undefined) {
    const isReady = await ready();
    const heard = (await known()) ?? 0;
    const nowMs = performance.now() - startedAt;
    if (nowMs > 180_000) throw picker.death(`knew ${heard} of ${pods} pods after 180 s`);
    if (heard > 0) firstMs ??= nowMs;
    if (isReady && readyMs === undefined) [readyMs, knownWhenReady] = [nowMs, heard];
    if (heard === pods && allMs === undefined) [allMs, cpu] = [nowMs, cpuSeconds(picker.pid)];
    await sleep(20);
  }
  return { firstMs: firstMs ?? 0, allMs, readyMs, knownWhenReady, cpu };
}

/** Asks as fast as answers come. */
async function askFor(seconds: number, pid: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const statuses = new Map<number, number>();
  const took: number[] = [];
  const startedAt = performance.now();
  const cpuBefore = cpuSeconds(pid);
  const each = async (asker: number) => {
    for (let n = 0; performance.now() - startedAt < seconds * 1000; n++) {
      const from = performance.now();
      const status = await ask(agent, `${asker}-${n}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      took.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: 64 }, (_, asker) => each(asker)));
  const elapsed = (performance.now() - startedAt) / 1000;
  const cpu = cpuSeconds(pid) - cpuBefore;
  agent.destroy();
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.floor(took.length * share)] ?? 0;
  return {
    ...{ statuses, total: took.length, perSecond: took.length / elapsed, p50: at(0.5), p99: at(0.99) },
    cpuMicroseconds: (cpu / took.length) * 1e6,
  };
}

function ask(agent: Agent, requestId: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-request-id': requestId, 'x-client-address': '192.0.2.1' };
    request({ host: address, port: ports.decisions, path: '/decide', headers, agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    })
      .once('error', reject)
      .end();
  });
}
