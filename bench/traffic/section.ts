import { milliseconds, row, type Spread, showSpread } from '../part.ts';
import { barPlot, colours, svg } from '../plot.ts';
import type { Load } from './load.ts';

/** This project's edge. */
export const ours = 'this project';

/** What ratios are to. */
export const reference = 'Envoy alone';

/** Servers behind a proxy. */
export const serverCount = 4;

/** Messages a second over all connections: few enough for every target to keep up, also on two cores. */
export const pace = 3000;

/** What one target did under one load. */
export interface TrafficRow {
  target: string;
  load: Load;
  /** Round trips in milliseconds: medians of the rounds' quantiles. */
  p50: number;
  p99: number;
  p999: number;
  /** Medians. */
  messagesPerSecond: number;
  messagesPerCpuSecond: number | undefined;
  /** Of what the reference did in the same round. */
  ratios: { p50: Spread; p99: Spread; messagesPerCpuSecond: Spread | undefined };
}

/** System calls for a message there and back. */
export interface SystemCalls {
  target: string;
  read: number;
  write: number;
  wait: number;
  other: number;
}

export interface TrafficResult {
  rounds: number;
  peers: TrafficRow[];
  systemCalls: SystemCalls[];
  variants: TrafficRow[];
}

export function section({ rounds, peers, systemCalls, variants: varied }: TrafficResult): string[] {
  const atFull = peers.filter(
    ({ load, target }) => load.connections > 1 && load.perSecond === 0 && target !== 'direct',
  );
  const roundTrips = peers.filter(({ load }) => load.connections === 1 || load.perSecond > 0);
  return [
    '## Messages through a proxy',
    '',
    `One proxy with one worker in front of ${serverCount} servers that send each message back. Clients and servers are small Go`,
    'programs. All targets run at once and are measured in turns, so that a slow moment of the machine hits each. A ratio',
    `is that to the reference in the same round; a cell has the median of ${rounds} rounds, and in brackets their extremes.`,
    '',
    '![messages for a second of CPU time, and round trips](images/bench-traffic.svg)',
    '',
    '### What a message costs',
    '',
    'Each connection sends its next message when the last has come back. Messages for one second of the proxy’s CPU time.',
    '',
    `| target | connections | bytes | messages a CPU second | ratio to ${reference} | messages a second here |`,
    '| --- | --- | --- | --- | --- | --- |',
    ...atFull.map(({ target, load, messagesPerCpuSecond, messagesPerSecond, ratios }) =>
      row(
        ...[target, thousands(load.connections), load.bytes, thousands(messagesPerCpuSecond)],
        ...[ratio(ratios.messagesPerCpuSecond), thousands(messagesPerSecond)],
      ),
    ),
    '',
    ...(systemCalls.length > 0 ? systemCallsTable(systemCalls) : []),
    '### Round trips',
    '',
    `One connection sends when the last message is back; more of them send ${thousands(pace)} messages a second together, whether`,
    'or not the last is back.',
    '',
    `| target | connections | bytes | p50 | p99 | p99.9 | p50 as a ratio to ${reference} | p99 |`,
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...roundTrips.map(({ target, load, p50, p99, p999, ratios }) =>
      row(
        ...[target, thousands(load.connections), load.bytes, milliseconds(p50), milliseconds(p99)],
        ...[milliseconds(p999), ratio(ratios.p50), ratio(ratios.p99)],
      ),
    ),
    '',
    '### What the parts of the configuration cost',
    '',
    'This project’s edge with one thing changed at a time; messages of 32 bytes. Ratios to the edge as deployed: above 1,',
    'the change saves CPU time, or makes round trips longer. The last row shows how far two of the same differ. The idle',
    'time-outs are a limit, and stay. Envoy sets TCP_NODELAY by itself.',
    '',
    ...variantsTable(varied),
  ];
}

export function plots({ peers }: TrafficResult): Record<string, string> {
  const of = (load: Pick<Load, 'connections' | 'perSecond'>) =>
    peers.filter((each) => isSame(each.load, { ...each.load, ...load, bytes: 32 }));
  const shown = (rows: readonly TrafficRow[], value: (row: TrafficRow) => number) =>
    rows
      .filter(({ target }) => target !== 'direct')
      .map((row) => ({
        name: row.target,
        value: value(row),
        colour: row.target === ours ? colours.ours : colours.peer,
      }));
  const connections = 100;
  return {
    'bench-traffic.svg': svg(
      `Messages of 32 bytes on ${connections} connections through one proxy: for a second of CPU time, and round trips`,
      [
        barPlot('messages a CPU second', {
          bars: shown(of({ connections, perSecond: 0 }), (row) => row.messagesPerCpuSecond ?? 0),
          show: thousands,
        }),
        ...(['p50', 'p99'] as const).map((quantile) =>
          barPlot(`round trip, ${quantile}`, {
            bars: shown(of({ connections, perSecond: pace }), (row) => row[quantile]),
            ...{ show: milliseconds, names: false },
          }),
        ),
      ],
    ),
  };
}

function variantsTable(varied: readonly TrafficRow[]): string[] {
  const names = [...new Set(varied.map(({ target }) => target))];
  const loads = varied.filter(({ target }) => target === names[0]).map(({ load }) => load);
  const full = loads.filter(({ perSecond }) => perSecond === 0);
  const paced = loads.filter(({ perSecond }) => perSecond > 0);
  const titles = [
    'variant',
    ...full.map(({ connections }) => `messages a CPU second, ${thousands(connections)} connections`),
    ...paced.flatMap(({ connections }) => [`round trip p50, ${thousands(connections)} connections`, 'p99']),
  ];
  const ratios = (name: string, load: Load) =>
    varied.find((each) => each.target === name && isSame(each.load, load))?.ratios;
  return [
    row(...titles),
    row(...titles.map(() => '---')),
    ...names.map((name) =>
      row(
        ...[name, ...full.map((load) => ratio(ratios(name, load)?.messagesPerCpuSecond))],
        ...paced.flatMap((load) => [ratio(ratios(name, load)?.p50), ratio(ratios(name, load)?.p99)]),
      ),
    ),
  ];
}

function isSame(a: Load, b: Load): boolean {
  return a.connections === b.connections && a.bytes === b.bytes && a.perSecond === b.perSecond;
}

function systemCallsTable(systemCalls: readonly SystemCalls[]): string[] {
  return [
    'System calls for a message there and back (100 connections, 32 bytes). Every proxy has to read two times and to write',
    'two times. Envoy reads on until the kernel has nothing more, which no configuration changes.',
    '',
    '| target | reads | writes | waits | others |',
    '| --- | --- | --- | --- | --- |',
    ...systemCalls.map(({ target, ...calls }) =>
      row(target, ...[calls.read, calls.write, calls.wait, calls.other].map((each) => each.toFixed(2))),
    ),
    '',
  ];
}

function thousands(value: number | undefined): string {
  return value === undefined ? '' : Math.round(value).toLocaleString('en');
}

function ratio(spread: Spread | undefined): string {
  return spread ? showSpread(spread, (value) => value.toFixed(2)) : '';
}
