import { PassThrough } from 'node:stream';
import {
  controlPlane,
  instanceTypes,
  type PriceSource,
  prices,
  publicAddressHour,
} from '@envoy-poc/aws-facts';
import { expect, test } from 'vitest';
import { estimate } from './estimate.ts';
import type { PricedStack } from './price-stack.ts';
import { printed } from './print.ts';
import { reportOf } from './report.ts';
import { circumstances, design, nodes, resource } from './testing.ts';

const saving = {
  id: 'kubernetes',
  title: 'Kubernetes 1.35',
  but: 'it takes time',
  layer: 'cluster',
  settings: { version: '1.35' },
  command: '(cd projects/cluster && …)',
  source: 'AWS',
} as const;

function reported(resources = design(), more: Partial<PricedStack> = {}, region = 'us-east-1') {
  const all = circumstances({ resources, region });
  const priced = {
    resources,
    estimate: estimate(all),
    savings: [],
    together: undefined,
    impossible: [],
    ...more,
  };
  const report = reportOf(priced, all, { on: 'doubles', because: 'it is a test' });
  return { report, text: printed(report, 'dev', new PassThrough()) };
}

test('the table has each line, its share and the sum; what dominates is named', () => {
  const { report, text } = reported();
  expect(text).toMatch(
    /^stack dev in us-east-1, \$ a month\npreviewed by the engine on doubles .*because it is a test$/m,
  );
  expect(text).toMatch(
    /^ {2}control plane, Kubernetes 1\.33 \(extended support\) +730 h +× 0\.6 +438\.00 +73 %$/m,
  );
  expect(text).toMatch(/^ {2}2 × t3\.medium node +1460 h +× 0\.0416 +60\.74 +10 %$/m);
  expect(text).toMatch(/^ {2}total +603\.32$/m);
  expect(text).toContain('control plane, Kubernetes 1.33 (extended support) is 73 % of it');
  expect(text).not.toContain('\u001b[');
  expect(report).toMatchObject({ ok: true, monthly: 603.32, atLeast: false, region: 'us-east-1' });
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

test('without a price there is no sum, only a least one', () => {
  const { report, text } = reported([...design(), resource('aws:rds/instance:Instance')]);
  expect(report.ok).toBe(false);
  expect(text).toMatch(/^ {2}aws:rds\/instance:Instance +no price$/m);
  expect(text).toMatch(/^ {2}at least +603\.32$/m);
});

test('savings come with what they save, what they take and the command; what halves the sum is said', () => {
  const one = { ...saving, monthly: 238.32, saves: 365 };
  const other = { ...one, title: 'another', monthly: 500, saves: 103.32 };
  const halved = reported(design(), { savings: [one, other], together: 135 }).text;
  expect(halved).toContain(
    '− 365.00 (61 %)  Kubernetes 1.35: 238.32\n      but it takes time\n      → (cd projects',
  );
  expect(halved).toContain('all of these: 135.00\n  the first alone halves it');
  expect(reported(design(), { savings: [other, other], together: 300 }).text).toContain(
    'together they halve it',
  );
  expect(reported(design(), { savings: [other] }).text).toContain('no setting halves it');
  const impossible = [{ title: 'spot', because: 'no setting' }];
  expect(reported(design(), { impossible }).text).toContain('not possible: spot; no setting');
});

test('a stack that stands a part of the time costs that part, but for what is counted by the GB', () => {
  const { report } = reported();
  expect(report.partTime.hours).toBe(174);
  expect(report.partTime.monthly).toBeGreaterThan((603.32 * 174) / 730);
  expect(report.partTime.monthly).toBeLessThan(150);
});

test('it says what the version will cost, and what busy burstable nodes may', () => {
  const { report } = reported();
  expect(report.caveats).toEqual([
    'EKS moves Kubernetes 1.33 to a newer version after 2027-07-29',
    // 2 nodes × 2 vCPUs × 80 % × 0.05 × 730
    expect.stringContaining('at most 116.80 $ a month'),
  ]);
  const standard = reported([
    resource('aws:eks/cluster:Cluster', { version: '1.35' }),
    ...nodes(2, 'm5.large'),
  ]);
  expect(standard.report.caveats).toEqual(['Kubernetes 1.35 costs 0.60 $/h after 2027-03-27']);
});

test('it claims no more of its prices than they have', () => {
  const { text } = reported();
  expect(text).not.toContain('each with its source');
  expect(text).toContain('none read from AWS; each figure says how sure it is: libs/aws-facts/src/prices.ts');
});

test.each(Object.keys(prices))('each line of %s says how sure its price is, and no more', (region) => {
  const types = Object.keys(instanceTypes);
  const resources = [...design(), ...types.flatMap((type) => nodes(1, type))];
  const { report, text } = reported(resources, {}, region);
  const { largeInstanceHour, ...rest } = prices[region] as (typeof prices)[string];
  const known: Record<string, PriceSource | undefined> = {
    'control plane, Kubernetes 1.33 (extended support)': controlPlane.extended.source,
    'public IPv4 address': publicAddressHour.source,
    'NAT gateway': rest.natGatewayHour.source,
    'data through NAT gateways': rest.natGatewayGigabyte.source,
    'Application Load Balancer': rest.applicationLoadBalancerHour.source,
    'load balancer capacity units': rest.capacityUnitHour.source,
    'gp3 disk of a node': rest.gp3GigabyteMonth.source,
    'CloudWatch Logs ingestion': rest.logIngestionGigabyte.source,
    'CloudWatch Logs storage': rest.logStorageGigabyteMonth.source,
    'ECR storage': rest.imageStorageGigabyteMonth.source,
    'KMS key': rest.keyMonth.source,
    ...Object.fromEntries(
      types.map((type) => [`${type} node`, largeInstanceHour[type.split('.')[0] ?? '']?.source]),
    ),
  };
  const rows = text.split('\n');
  expect(report.lines.map(({ what }) => what).sort()).toEqual(Object.keys(known).sort());
  for (const { what, source } of report.lines) {
    expect(source, what).toBe(known[what]);
    const row = rows.find((candidate) => candidate.replace(/^ +(\d+ × )?/, '').startsWith(`${what}  `)) ?? '';
    expect(/ (table|memory)$/.exec(row)?.[1] ?? 'AWS', row).toBe(source);
  }
  expect(text).toMatch(/^ {2}\d+\.\d\d of it at prices from memory$/m);
  for (const word of ['AWS’s own words', 'table: ', 'memory: '])
    expect(text.replaceAll("'", '’')).toContain(word);
});

test('figures beside the lines say how sure they are, too', () => {
  const { report, text } = reported(nodes(1, 't4g.medium'), {
    savings: [{ ...saving, monthly: 1, saves: 1, source: 'memory' }],
  });
  expect(report.caveats[0]).toContain('0.04 $ a vCPU-hour (memory) more');
  expect(report.notCounted.slice(0, 2)).toEqual([
    expect.stringContaining('0.09 $/GB (memory)'),
    expect.stringContaining('0.01 $/GB (memory)'),
  ]);
  expect(text).toMatch(/^ {2}− 1\.00 \(\d+ %, memory\)/m);
});

test('nothing costs nothing', () => {
  expect(reported([]).text).toMatch(/total +0\.00\n {2}nothing costs anything/);
});
