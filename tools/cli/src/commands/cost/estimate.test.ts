import { instanceTypes, prices } from '@envoy-poc/aws-facts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assumedByDefault } from './assumptions.ts';
import { estimate } from './estimate.ts';
import type { PlannedResource } from './resources.ts';
import { albIngress, circumstances, cluster, design, knownVersions, nodes, resource } from './testing.ts';

const priced = (resources: readonly PlannedResource[], more: Parameters<typeof circumstances>[0] = {}) =>
  estimate(circumstances({ resources, ...more }));
const line = (resources: readonly PlannedResource[], what: string | RegExp, more = {}) =>
  priced(resources, more).lines.find((candidate) => candidate.what.match(what));

test('the layers’ defaults in us-east-1, worked out by hand', () => {
  const { lines, monthly, atLeast } = priced(design());
  expect(
    Object.fromEntries(lines.map(({ what, monthly: cost = 0 }) => [what, Math.round(cost * 100) / 100])),
  ).toEqual({
    'control plane, Kubernetes 1.33 (extended support)': 438, // 730 × 0.60
    'NAT gateway': 65.7, // 2 × 730 × 0.045
    't3.medium node': 60.74, // 2 × 730 × 0.0416
    'Application Load Balancer': 16.43, // 730 × 0.0225
    'public IPv4 address': 14.6, // (2 + 2) × 730 × 0.005
    'gp3 disk of a node': 3.2, // 2 × 20 × 0.08
    'CloudWatch Logs ingestion': 2.5, // 5 × 0.50
    'KMS key': 1,
    'load balancer capacity units': 0.58, // 730 × 0.1 × 0.008
    'data through NAT gateways': 0.45, // 10 × 0.045
    'ECR storage': 0.1, // 2 × 0.5 × 0.10
    'CloudWatch Logs storage': 0.02, // 5 × 30 / 30.4 × 0.15 × 0.03
  });
  expect(monthly).toBeCloseTo(603.32, 2);
  expect(atLeast).toBe(false);
  expect(lines[0]?.layers).toEqual(['cluster']);
  expect(lines.find(({ what }) => what === 'public IPv4 address')?.layers).toEqual(['network', 'workloads']);
});

test('a control plane costs by the day on which its version’s support ends', () => {
  const at = (day: string, version = '1.33') =>
    line([cluster(version)], /control plane/, { today: new Date(day) });
  expect(at('2026-07-29')).toMatchObject({ price: 0.1, what: expect.stringContaining('standard support') });
  expect(at('2026-07-30')).toMatchObject({ price: 0.6, what: expect.stringContaining('extended support') });
  expect(at('2027-07-30')).toMatchObject({ price: undefined, monthly: undefined });
  expect(at('2026-07-30', '1.99')).toMatchObject({ price: 0.1 });
  expect(at('2026-07-30', '1.20')).toMatchObject({ price: undefined });
});

test('what has no price is named, and the sum is a least one', () => {
  const unknown: Record<string, PlannedResource[]> = {
    'aws:rds/instance:Instance': [resource('aws:rds/instance:Instance')],
    'x9.large node': nodes(1, 'x9.large'),
    't3.medium node (spot)': nodes(1, 't3.medium', { capacityType: 'SPOT' }),
    'nodes of a size that is not known': nodes(1, 't3.medium', { scalingConfig: {} }),
    'control plane, Kubernetes of no known version': [resource('aws:eks/cluster:Cluster')],
    'Ingress that the AWS Load Balancer Controller does not serve': [
      resource('kubernetes:networking.k8s.io/v1:Ingress', { metadata: { name: 'nginx' } }),
    ],
    'load balancer of a Service': [
      resource('kubernetes:core/v1:Service', { spec: { type: 'LoadBalancer' } }),
    ],
    'disk of a PersistentVolumeClaim': [resource('kubernetes:core/v1:PersistentVolumeClaim')],
  };
  for (const [what, resources] of Object.entries(unknown)) {
    const { lines, atLeast, monthly } = priced([...design(), ...resources]);
    expect(lines.at(-1), what).toMatchObject({ what, monthly: undefined });
    expect(atLeast).toBe(true);
    expect(monthly).toBeGreaterThan(603);
  }
  expect(priced([resource('kubernetes:core/v1:Service', { spec: { type: 'ClusterIP' } })])).toMatchObject({
    lines: [],
    atLeast: false,
  });
});

test('addresses: one for each subnet of a public load balancer, two at least, none of an internal one', () => {
  const count = (ingress: PlannedResource) => line([ingress], 'public IPv4')?.count;
  expect(count(albIngress(3))).toBe(3);
  expect(count(albIngress(1))).toBe(2);
  expect(count(albIngress(2, 'internal'))).toBeUndefined();
});

test('a node’s disks are its launch template’s, or the one that EKS makes', () => {
  const group = { instanceTypes: ['t3.medium'], scalingConfig: { desiredSize: 3 } };
  const type = 'aws:eks/nodeGroup:NodeGroup';
  expect(line([resource(type, { ...group, diskSize: 50 })], 'gp3 disk')).toMatchObject({
    count: 3,
    quantity: 150,
  });
  expect(line([resource(type, group)], 'gp3 disk')).toMatchObject({ quantity: 60 });
  const [template, own] = nodes(3) as [PlannedResource, PlannedResource];
  const ebs = { volumeType: 'io2', volumeSize: 100 };
  const other = { ...template, inputs: { blockDeviceMappings: [{ ebs }] } };
  expect(line([other, own], 'io2 disk')).toMatchObject({ monthly: undefined });
});

test('logs that are kept for ever are taken to be a year’s', () => {
  const kept = (inputs: object) =>
    line([resource('aws:cloudwatch/logGroup:LogGroup', { ...inputs })], 'Logs storage')?.quantity;
  expect(kept({ retentionInDays: 365 })).toBeCloseTo(5 * 12 * 0.15, 5);
  expect(kept({})).toBeCloseTo(5 * 12 * 0.15, 5);
});

const anyResource: fc.Arbitrary<PlannedResource[]> = fc.oneof(
  fc.constantFrom(...design()).map((one) => [one]),
  fc.constantFrom(...knownVersions).map((version) => [cluster(version)]),
  fc.tuple(fc.nat(9), fc.constantFrom(...Object.keys(instanceTypes))).map(([n, type]) => nodes(n, type)),
  fc.integer({ min: 1, max: 3 }).map((subnets) => [albIngress(subnets)]),
  fc.string().map((type) => [resource(`aws:${type}`)]),
);
const anyStack = fc.array(anyResource, { maxLength: 12 }).map((lists) => lists.flat());
const anyRegion = fc.constantFrom(...Object.keys(prices));

test('more resources never cost less, and their order does not matter', () => {
  fc.assert(
    fc.property(anyStack, anyResource, anyRegion, (stack, more, region) => {
      const { monthly } = priced(stack, { region });
      expect(priced([...stack, ...more], { region }).monthly).toBeGreaterThanOrEqual(monthly - 1e-9);
      expect(priced(stack.toReversed(), { region }).monthly).toBeCloseTo(monthly, 6);
    }),
  );
});

test('two stacks cost what each costs, but for the data through NAT gateways, which is assumed for all together', () => {
  const assumed = { ...assumedByDefault, 'nat-gigabytes': 0 };
  fc.assert(
    fc.property(anyStack, anyStack, (one, other) => {
      const sum = priced(one, { assumed }).monthly + priced(other, { assumed }).monthly;
      expect(priced([...one, ...other], { assumed }).monthly).toBeCloseTo(sum, 6);
    }),
  );
  expect(line(design(), 'data through NAT')).toMatchObject({ count: 1, quantity: 10 });
});

test('lines add up to the sum, and a larger assumption never costs less', () => {
  const anyAssumed = fc.record({
    hours: fc.integer({ min: 0, max: 744 }),
    'nat-gigabytes': fc.nat(1000),
    'capacity-units': fc.nat(100),
    'log-gigabytes': fc.nat(1000),
    'image-gigabytes': fc.nat(1000),
  });
  fc.assert(
    fc.property(
      anyStack,
      anyAssumed,
      fc.constantFrom(...Object.keys(assumedByDefault)),
      (stack, assumed, name) => {
        const { lines, monthly } = priced(stack, { assumed });
        expect(lines.reduce((sum, { monthly: cost = 0 }) => sum + cost, 0)).toBeCloseTo(monthly, 6);
        const more = { ...assumed, [name]: assumed[name as keyof typeof assumed] + 1 };
        expect(priced(stack, { assumed: more }).monthly).toBeGreaterThanOrEqual(monthly - 1e-9);
      },
    ),
  );
});
