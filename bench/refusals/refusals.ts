import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  available,
  milliseconds,
  type Part,
  quantile,
  row,
  type Spread,
  showSpread,
  spread,
} from '../part.ts';
import { barPlot, colours, svg } from '../plot.ts';
import { buildLoad, Clients } from '../traffic/load.ts';
import { burstOf, type Guard, type Guarded, guards, startGuarded } from './guarded.ts';

/** A flood, as load/flood.go takes it. */
interface FloodRequest {
  clients: number;
  seconds: number;
  halfOpen?: number;
  slow?: number;
  free?: number;
  empty?: boolean;
  pids?: readonly number[];
}

/** What load/flood.go says of it. */
interface Flood {
  seconds: number;
  cpuSeconds: number;
  statuses: Record<string, number>;
  p50: number;
  p99: number;
  admittedAt: number[];
  freedAt: number[];
  closed: number;
}

/** What is refused, and why. */
const cases = {
  rate: {
    ...{ rate: 10, limit: 100, beside: false },
    about: ['### Over the rate', '', 'Of 400 slots few are taken; the rate is 10 a second (429).'],
  },
  full: {
    ...{ rate: 10_000, limit: 2, beside: false },
    about: [
      '### Every slot is taken',
      '',
      'All 8 slots are taken, and the rate bounds nothing (503; nginx: 502). One after the other, three of them become free',
      'during a flood.',
    ],
  },
  beside: {
    ...{ rate: 10, limit: 100, beside: true },
    about: [
      '### Over the rate, beside idle and slow sockets',
      '',
      'As the first, beside 2,000 sockets that send nothing and 50 that send a head byte by byte, and come again when closed.',
    ],
  },
} as const;

type Case = keyof typeof cases;

interface RefusalRow {
  guard: Guard;
  case: Case;
  /** Whether a control group held the proxy to its share. */
  held: boolean;
  /** At 250m: as counted, or where nothing held it, by its CPU time. */
  perSecond: Spread | undefined;
  /** Of the proxy's CPU time, for a refusal. */
  cpuMicroseconds: Spread | undefined;
  /** The same as a ratio to nginx in the same round. */
  ratio: Spread | undefined;
  /** Milliseconds until a client knew. */
  p50: number;
  p99: number;
  /** Over all rounds. */
  admitted: number;
  /** What the rate, or the freed slots, allowed. */
  allowed: number;
  /** What a round admitted beyond that, all rounds together. */
  tooMany: number;
  /** Slots that were freed during the flood and not taken before the next was, or before its end. */
  lost: number;
  /** Milliseconds until a freed slot was taken: median. */
  takenAfter: number | undefined;
  /** Attempts without an answer. */
  unanswered: number;
  /** Most memory of the proxy: resident, all its processes, in bytes. */
  peakBytes: number;
}

const clients = 64;
const windowSeconds = 1.5;
const halfOpen = 2000;
const slow = 50;
const freedSlots = 3;

export const refusals: Part<{ rounds: number; rows: RefusalRow[] }> = {
  name: 'refusals',
  about: 'refusals a second by an edge of 250m CPU and 256 MiB, and whether its limits hold in the flood',
  async measure({ rounds, folder, reaper, network, progress }) {
    const program = await buildLoad(folder);
    if (!program) return { rounds, rows: [] };
    const install = 'apt install haproxy nginx-light';
    const compared = (Object.keys(guards) as Guard[]).filter(
      (guard) => (guard !== 'haproxy' && guard !== 'nginx') || available(guard, install),
    );
    const rows: RefusalRow[] = [];
    for (const name of Object.keys(cases) as Case[]) {
      await using closing = new AsyncDisposableStack();
      const { rate, limit } = cases[name];
      const all: { guard: Guard; guarded: Guarded; flooder: Flooder; floods: Flood[] }[] = [];
      // Envoy alone does not refuse what finds no slot, but has it wait.
      for (const guard of compared.filter((each) => name !== 'full' || each !== 'envoy')) {
        const net = network();
        const guarded = closing.use(await startGuarded(guard, { folder, reaper, rate, limit, network: net }));
        const flooder: Flooder = closing.use(new Clients(program, ['flood', guarded.address, net], reaper));
        all.push({ guard, guarded, flooder, floods: [] });
      }
      for (let round = 0; round < rounds; round++) {
        progress(`refusals: ${name}, round ${round + 1} of ${rounds}`);
        for (const { guarded, flooder, floods } of all) floods.push(await floodOnce(name, guarded, flooder));
      }
      const basis = all.find(({ guard }) => guard === 'nginx')?.floods;
      for (const { guard, guarded, floods } of all) rows.push(rowOf(guard, name, guarded, floods, basis));
    }
    return { rounds, rows };
  },
  section: ({ rounds, rows }) => [
    '## Refusals',
    '',
    'One edge with what it has in a cluster, 250m of CPU and 256 MiB, and two workers. 64 clients try again as soon as they',
    `are refused, each time by a new connection, ${rounds} times for ${windowSeconds} s, all proxies in turns. Cells have the median of the`,
    'rounds, and in brackets their extremes. *Allowed* is rate × time, and what may be admitted at once after a quiet time:',
    'one, or as much as a second may bring where the proxy counts so (`shared`, Envoy alone, HAProxy). With `exact`, an edge',
    'that hears the picker’s answer later than 0.25 s after its question admits by its share.',
    '',
    '![refusals a second by an edge of 250 millicores](images/bench-refusals.svg)',
    ...(Object.keys(cases) as Case[]).flatMap((name) => [
      '',
      ...cases[name].about,
      '',
      ...tableOf(
        name,
        rows.filter((each) => each.case === name),
      ),
    ]),
  ],
  plots: ({ rows }) => ({
    'bench-refusals.svg': svg(
      'Refusals a second by one proxy of 250 millicores: over the rate, and where every slot is taken',
      (['rate', 'full'] as const).map((name, i) =>
        barPlot(name === 'rate' ? 'over the rate: refusals a second' : 'every slot is taken', {
          // Envoy alone refuses only over the rate; its line stays, so that both plots have the same ones.
          bars: rows
            .filter((each) => each.case === 'rate')
            .map(({ guard }) => ({
              name: guards[guard].replaceAll('`', ''),
              value: rows.find((each) => each.case === name && each.guard === guard)?.perSecond?.median ?? 0,
              colour: guard === 'exact' || guard === 'shared' ? colours.ours : colours.peer,
            })),
          show: (value) => (value === 0 ? 'does not refuse' : Math.round(value).toLocaleString('en')),
          names: i === 0,
        }),
      ),
    ),
  }),
};

function tableOf(name: Case, rows: readonly RefusalRow[]): string[] {
  const slots = name === 'full' ? ['lost slots', 'a freed slot is taken after'] : [];
  const titles = [
    ...['by', 'refusals a second', 'CPU for one', 'ratio to nginx', 'known after, p50', 'p99'],
    ...['admitted', 'allowed', 'too many', ...slots, 'unanswered', 'memory'],
  ];
  return [
    row(...titles),
    row(...titles.map(() => '---')),
    ...rows.map((each) =>
      row(
        ...[guards[each.guard], `${shown(each.perSecond, 0)}${each.held ? '' : ', by CPU time'}`],
        ...[shown(each.cpuMicroseconds, 0, ' µs'), shown(each.ratio, 1)],
        ...(each.perSecond ? [milliseconds(each.p50), milliseconds(each.p99)] : ['', '']),
        ...[each.admitted, each.allowed, each.tooMany],
        ...(name === 'full' ? [each.lost, milliseconds(each.takenAfter)] : []),
        ...[each.unanswered, `${Math.round(each.peakBytes / 2 ** 20)} MiB`],
      ),
    ),
  ];
}

type Flooder = Clients<FloodRequest, Flood>;

async function floodOnce(name: Case, guarded: Guarded, flooder: Flooder): Promise<Flood> {
  const { pids, pods } = guarded;
  if (name === 'full') {
    for (let tries = 0; tries < 20 && openOf(pods) < 8; tries++)
      await flooder.measure({ clients: 8, seconds: 0.1 });
    return flooder.measure({ clients, seconds: windowSeconds, free: freedSlots, pids });
  }
  await flooder.measure({ clients: 0, seconds: 0, empty: true });
  // Until what was closed is free, and a bucket is full again.
  while (openOf(pods) > 0) await sleep(20);
  await sleep(300);
  const beside = cases[name].beside ? { halfOpen, slow } : {};
  return flooder.measure({ clients, seconds: windowSeconds, pids, ...beside });
}

function openOf(pods: Guarded['pods']): number {
  return pods.reduce((sum, { openConnections }) => sum + openConnections, 0);
}

function refusedIn({ statuses }: Flood): number {
  return Object.entries(statuses).reduce(
    (sum, [status, count]) => sum + (Number(status) >= 400 ? count : 0),
    0,
  );
}

function rowOf(
  guard: Guard,
  name: Case,
  guarded: Guarded,
  floods: Flood[],
  basis: Flood[] | undefined,
): RefusalRow {
  const { held, pids } = guarded;
  const { rate } = cases[name];
  const cpu = (flood: Flood) => (flood.cpuSeconds / refusedIn(flood)) * 1e6;
  const allowedIn = ({ seconds, freedAt }: Flood) =>
    name === 'full' ? freedAt.length : Math.floor(seconds * rate) + burstOf(guard, rate);
  const sum = (of: (flood: Flood) => number) => floods.reduce((all, flood) => all + of(flood), 0);
  const taken = floods.flatMap(({ freedAt, admittedAt }) =>
    freedAt.map((at, i) => {
      const next = admittedAt.find((admitted) => admitted > at);
      return next !== undefined && next < (freedAt[i + 1] ?? Number.POSITIVE_INFINITY)
        ? next - at
        : undefined;
    }),
  );
  const times = taken.filter((time) => time !== undefined);
  return {
    ...{ guard, case: name, held },
    perSecond: ofRounds(
      floods.map((flood) => (held ? refusedIn(flood) / flood.seconds : 0.25e6 / cpu(flood))),
    ),
    cpuMicroseconds: ofRounds(floods.map(cpu)),
    ratio: basis && ofRounds(floods.map((flood, round) => cpu(flood) / cpu(basis[round] as Flood))),
    p50: quantile(
      floods.map(({ p50 }) => p50),
      0.5,
    ),
    p99: quantile(
      floods.map(({ p99 }) => p99),
      0.5,
    ),
    admitted: sum(({ admittedAt }) => admittedAt.length),
    allowed: sum(allowedIn),
    tooMany: sum((flood) => Math.max(0, flood.admittedAt.length - allowedIn(flood))),
    lost: taken.length - times.length,
    takenAfter: times.length > 0 ? quantile(times, 0.5) : undefined,
    unanswered: sum(({ statuses }) => statuses['0'] ?? 0),
    peakBytes: pids.reduce((all, pid) => all + peakBytesOf(pid), 0),
  };
}

function peakBytesOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

/** @returns undefined where a round has no figure, as nothing was refused */
function ofRounds(values: readonly number[]): Spread | undefined {
  return values.every((value) => Number.isFinite(value) && value > 0) ? spread(values) : undefined;
}

function shown(figures: Spread | undefined, digits: number, unit = ''): string {
  if (!figures) return '';
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `${showSpread(figures, (value) => value.toLocaleString('en', format))}${unit}`;
}
