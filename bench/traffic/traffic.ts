import { available, type Part, quantile, type Setting, type Spread, spread } from '../part.ts';
import { buildLoad, Clients, type Load, type Measured, startEcho } from './load.ts';
import {
  ours,
  pace,
  plots,
  reference,
  type SystemCalls,
  section,
  serverCount,
  type TrafficResult,
  type TrafficRow,
} from './section.ts';
import { countSystemCalls } from './system-calls.ts';
import {
  startHaproxy,
  startNginx,
  startOurs,
  startPlainEnvoy,
  type Target,
  type TargetOptions,
} from './targets.ts';
import { variants } from './variants.ts';

interface Runner {
  name: string;
  start(options: TargetOptions): Promise<Target>;
  workers?: number;
}

const asDeployed = 'as deployed';

const seconds = { paced: 0.4, full: 0.25 };

const alone = (bytes: number): Load => ({ connections: 1, bytes, perSecond: 0, seconds: seconds.full });
const paced = (connections: number, bytes: number): Load => ({
  ...{ connections, bytes, perSecond: pace, seconds: seconds.paced },
});
const full = (connections: number, bytes: number): Load => ({
  ...{ connections, bytes, perSecond: 0, seconds: seconds.full },
});

const sizes = [32, 2048];
const peerLoads = [
  ...sizes.map(alone),
  ...[100, 5000].flatMap((count) => sizes.flatMap((bytes) => [paced(count, bytes), full(count, bytes)])),
];
const variantLoads = [full(100, 32), full(1000, 32), paced(1000, 32)];

export const traffic: Part<TrafficResult> = {
  name: 'traffic',
  about: 'messages through a proxy: round trips, and messages for a second of its CPU time',
  async measure(setting) {
    const { rounds, folder, progress } = setting;
    const program = await buildLoad(folder);
    if (!program) return { rounds, peers: [], systemCalls: [], variants: [] };
    const install = 'apt install haproxy nginx-light';
    const peers: Runner[] = [
      {
        name: 'direct',
        start: async ({ servers }) => ({ address: servers[0] ?? '', pids: [], stop: async () => {} }),
      },
      { name: ours, start: (options) => startOurs(options) },
      { name: reference, start: startPlainEnvoy },
      ...(available('haproxy', install) ? [{ name: 'HAProxy', start: startHaproxy }] : []),
      ...(available('nginx', install) ? [{ name: 'nginx', start: startNginx }] : []),
    ];
    progress(`traffic: ${peers.map(({ name }) => name).join(', ')}`);
    const compared = await measureInTurns(program, peers, peerLoads, reference, setting, true);
    progress(`traffic: ${variants.length} variants of this project’s edge`);
    const varied = variants.map(({ name, change, workers }) => ({
      ...{ name, workers: workers ?? 1 },
      start: (options: TargetOptions) => startOurs(options, change),
    }));
    return {
      rounds,
      peers: compared.rows,
      systemCalls: compared.systemCalls,
      variants: (await measureInTurns(program, varied, variantLoads, asDeployed, setting)).rows,
    };
  },
  section,
  plots,
};

/** Each load at each target in turn, so often; all targets run all the time. */
async function measureInTurns(
  program: string,
  runners: readonly Runner[],
  loads: readonly Load[],
  against: string,
  { rounds, folder, reaper, network, progress }: Setting,
  traced = false,
): Promise<{ rows: TrafficRow[]; systemCalls: SystemCalls[] }> {
  await using closing = new AsyncDisposableStack();
  const connections = Math.max(...loads.map((load) => load.connections));
  const net = network();
  const servers = Array.from({ length: serverCount }, (_, i) => `${net}.1.${i + 1}:8080`);
  for (const server of servers) {
    const child = await startEcho(program, server, reaper);
    closing.defer(() => child.stop(5));
  }
  const targets: { name: string; target: Target; clients: Clients<Load, Measured> }[] = [];
  for (const { name, start, workers = 1 } of runners) {
    const target = await start({ servers, connections, workers, network: network(), folder, reaper });
    closing.defer(() => target.stop());
    targets.push({
      name,
      target,
      clients: closing.use(new Clients(program, ['clients', target.address], reaper)),
    });
  }
  const rows: TrafficRow[] = [];
  for (const load of loads) {
    const { connections: count, bytes, perSecond } = load;
    progress(
      `traffic: ${count} × ${bytes} B, ${perSecond === 0 ? 'as fast as they come back' : `${perSecond} a second`}`,
    );
    const measured = new Map<string, Measured[]>(targets.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      // Another is first each time: what ran before may have left the machine better or worse.
      for (const i of targets.keys()) {
        const next = targets[(i + round) % targets.length];
        if (!next) continue;
        measured.get(next.name)?.push(await next.clients.measure({ ...load, pids: next.target.pids }));
      }
    }
    const basis = measured.get(against) ?? [];
    for (const [target, values] of measured) rows.push(rowOf(target, load, values, basis));
  }
  const systemCalls: SystemCalls[] = [];
  if (traced && available('strace', 'apt install strace')) {
    progress('traffic: system calls');
    for (const { name, target, clients } of targets.filter((each) => each.target.pids.length > 0)) {
      let messages = 0;
      const calls = await countSystemCalls(target.pids, folder, async () => {
        messages = (await clients.measure(full(100, 32))).messages;
      });
      systemCalls.push(systemCallsOf(name, calls, messages));
    }
  }
  return { rows, systemCalls };
}

function systemCallsOf(target: string, calls: Record<string, number>, messages: number): SystemCalls {
  const sum = (names: RegExp) =>
    Object.entries(calls).reduce((all, [name, count]) => all + (names.test(name) ? count / messages : 0), 0);
  const [read, write, wait] = [/^(readv?|recv\w+)$/, /^(writev?|send\w+)$/, /^epoll_p?wait2?$/].map(sum);
  return {
    ...{ target, read: read ?? 0, write: write ?? 0, wait: wait ?? 0 },
    other: sum(/./) - (read ?? 0) - (write ?? 0) - (wait ?? 0),
  };
}

function rowOf(
  target: string,
  load: Load,
  values: readonly Measured[],
  basis: readonly Measured[],
): TrafficRow {
  const perCpuSecond = ({ messages, cpuSeconds }: Measured) => messages / cpuSeconds;
  const median = (of: (each: Measured) => number) => quantile(values.map(of), 0.5);
  const ratios = (of: (each: Measured) => number): Spread =>
    spread(values.map((each, round) => of(each) / of(basis[round] as Measured)));
  const isProxy = values.every(({ cpuSeconds }) => cpuSeconds > 0);
  return {
    ...{ target, load },
    ...{ p50: median(({ p50 }) => p50), p99: median(({ p99 }) => p99), p999: median(({ p999 }) => p999) },
    messagesPerSecond: median(({ messages, seconds: took }) => messages / took),
    messagesPerCpuSecond: isProxy ? median(perCpuSecond) : undefined,
    ratios: {
      p50: ratios(({ p50 }) => p50),
      p99: ratios(({ p99 }) => p99),
      messagesPerCpuSecond: isProxy ? ratios(perCpuSecond) : undefined,
    },
  };
}
