import { expect, test } from 'vitest';
import { needsOf, timelineOf } from './timeline.ts';
import { timelinesSvg } from './timeline-svg.ts';
import { timelineText } from './timeline-text.ts';

const record = (layer: 'network' | 'registry' | 'cluster', from: number, to: number) => ({
  ...{ layer, stack: 'dev', verb: 'deploy', ok: true, changes: { created: 2 } },
  ...{ endedAt: to * 1000, seconds: to - from },
});
const urn = (name: string) => `urn:pulumi:dev::cluster::aws:x:X::${name}`;
const create = (name: string, from: number, to: number) => ({
  ...{ what: 'create' as const, urn: urn(name), startedAt: from * 1000, endedAt: to * 1000 },
});
const timeline = timelineOf({
  ...{ verb: 'deploy', stack: 'dev', startedAt: 0, endedAt: 30_000 },
  records: [record('network', 1, 10), record('registry', 1, 5), record('cluster', 10, 29)],
  operations: [create('role', 10, 12), create('logs', 11, 20), create('cluster', 13, 28)],
  needs: needsOf(
    'deploy',
    new Map([
      ['network', []],
      ['registry', []],
      ['cluster', ['network']],
    ]),
  ),
  dependencies: new Map([[urn('cluster'), [urn('role')]]]),
});

test('the critical path is what each waited for last, in layers and in resources', () => {
  expect(timeline.criticalPath).toEqual(['network', 'cluster']);
  const cluster = timeline.bars.find(({ name }) => name === 'cluster');
  expect(cluster?.parts.map(({ name, critical }) => [name, critical])).toEqual([
    ['role', true],
    ['logs', false],
    ['cluster', true],
  ]);
});

test('a destroy waits the other way round', () => {
  const needs = needsOf(
    'destroy',
    new Map([
      ['network', []],
      ['cluster', ['network']],
    ]),
  );
  expect(needs.get('network')).toEqual(['cluster']);
  expect(needs.get('cluster')).toEqual([]);
});

test('a destroy goes in batches: what nothing refers to may wait all the same', () => {
  const remove = (name: string, from: number, to: number) => ({
    ...create(name, from, to),
    what: 'delete' as const,
  });
  const { bars } = timelineOf({
    ...{ verb: 'destroy', stack: 'dev', startedAt: 0, endedAt: 30_000 },
    records: [{ ...record('cluster', 0, 29), verb: 'destroy' }],
    operations: [
      remove('nodes', 1, 10),
      remove('cluster', 10, 20),
      remove('alias', 20, 21),
      remove('key', 22, 23),
    ],
    needs: new Map([['cluster', []]]),
  });
  const critical = bars[0]?.parts.filter((part) => part.critical).map(({ name }) => name);
  expect(critical).toEqual(['nodes', 'cluster', 'alias', 'key']);
});

test('as text, critical lines have a star', () => {
  const lines = timelineText(timeline).split('\n');
  expect(lines[0]).toBe(
    'deploy of stack dev: 30.0 s; * is the critical path: network 9.0 s → cluster 19.0 s',
  );
  expect(lines.find((line) => line.includes('registry'))).toMatch(/^ {2}registry .*░.* 4\.0 s {2}2 created$/);
  expect(lines.find((line) => line.includes('network  '))).toMatch(/^\* network/);
});

test('as SVG, a bar each', () => {
  const svg = timelinesSvg([timeline]);
  expect(svg.match(/<rect x=/g)).toHaveLength(6);
  expect(svg.match(/#e8710a/g)).toHaveLength(4);
});
