import { resolve } from 'node:path';
import { supportEnds } from '@envoy-poc/aws-facts';
import { engineConfig, type Layer, layers, projectFileOf } from '@envoy-poc/layers';
import type { StackSettings } from '#runtime';
import { assumedByDefault } from './assumptions.ts';
import type { Circumstances } from './charges.ts';
import type { PlannedResource } from './resources.ts';

/** The workspace. */
export const root = resolve(import.meta.dirname, '../../../../..');

/** A day on which 1.33 is in extended support, and 1.35 in standard support. */
export const today = new Date('2026-11-25T12:00:00Z');

/** A resource, as a preview has it. */
export function resource(
  type: string,
  inputs: PlannedResource['inputs'] = {},
  { name = 'it', layer = 'network', dependencies = [] }: Partial<PlannedResource> & { name?: string } = {},
): PlannedResource {
  return { layer, type, inputs, dependencies, urn: `urn:pulumi:dev::${layer}::${type}::${name}` };
}

/** A cluster of a version. */
export const cluster = (version = '1.33') =>
  resource('aws:eks/cluster:Cluster', { version }, { layer: 'cluster' });

/** A group of nodes, with a launch template that gives each a disk. */
export function nodes(
  count = 2,
  type = 't3.medium',
  inputs: PlannedResource['inputs'] = {},
): PlannedResource[] {
  const ebs = { volumeType: 'gp3', volumeSize: 20 };
  const template = resource(
    'aws:ec2/launchTemplate:LaunchTemplate',
    { blockDeviceMappings: [{ deviceName: '/dev/xvda', ebs }] },
    { layer: 'cluster' },
  );
  const group = { instanceTypes: [type], scalingConfig: { desiredSize: count }, ...inputs };
  const options = { layer: 'cluster', dependencies: [template.urn] } as const;
  return [template, resource('aws:eks/nodeGroup:NodeGroup', group, options)];
}

/** An Ingress that the AWS Load Balancer Controller serves. */
export function albIngress(subnets = 2, scheme = 'internet-facing'): PlannedResource {
  const annotations = {
    'alb.ingress.kubernetes.io/scheme': scheme,
    'alb.ingress.kubernetes.io/subnets': Array.from({ length: subnets }, (_, i) => `subnet-${i}`).join(','),
  };
  return resource(
    'kubernetes:networking.k8s.io/v1:Ingress',
    { metadata: { annotations } },
    { layer: 'workloads' },
  );
}

/** What the layers' defaults come to, as far as it costs. */
export function design(): PlannedResource[] {
  return [
    resource('aws:ec2/vpc:Vpc'),
    ...['1', '2'].flatMap((name) => [
      resource('aws:ec2/natGateway:NatGateway', {}, { name }),
      resource('aws:ec2/eip:Eip', {}, { name }),
    ]),
    cluster(),
    ...nodes(),
    resource('aws:kms/key:Key', {}, { layer: 'cluster' }),
    resource('aws:cloudwatch/logGroup:LogGroup', { retentionInDays: 30 }, { layer: 'cluster' }),
    ...['app', 'client'].map((name) =>
      resource('aws:ecr/repository:Repository', {}, { name, layer: 'registry' }),
    ),
    resource('kubernetes:apps/v1:Deployment', {}, { layer: 'workloads' }),
    albIngress(),
  ];
}

/** The circumstances of a price, some replaced. */
export function circumstances(replace: Partial<Circumstances> = {}): Circumstances {
  return { region: 'us-east-1', today, assumed: assumedByDefault, resources: design(), ...replace };
}

/** The defaults of all layers, some replaced by their full key. */
export function settingsWith(replace: Record<string, unknown> = {}): ReadonlyMap<Layer, StackSettings> {
  return new Map(
    layers.map((layer) => {
      const own = Object.entries(replace).filter(([key]) => key.startsWith(`${layer}:`));
      const config = engineConfig(projectFileOf(`${root}/projects/${layer}`), Object.fromEntries(own));
      const get = (key: string) => config[key.includes(':') ? key : `${layer}:${key}`];
      return [layer, { layer, stack: 'dev', state: { url: undefined }, get }];
    }),
  );
}

/** Kubernetes versions that the tables know. */
export const knownVersions = Object.keys(supportEnds);
