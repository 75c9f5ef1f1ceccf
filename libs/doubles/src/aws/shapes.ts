import { createHash } from 'node:crypto';
import type { Properties, Resource } from '../account/account.ts';
import type { Wanted } from '../provider/double.ts';
import { parseUrn } from '../provider/urn.ts';

/** The account and region of the doubles. */
export const ACCOUNT_ID = '123456789012';
export const REGION = 'us-east-1';

/** What the account gives a new resource. */
export interface Created {
  id: string;
  /** Beyond its inputs. */
  outputs: Properties;
}

/** How AWS shapes a type of resource. */
interface Shape {
  /** The input that is also its id, such as a name. */
  idFrom?: string;
  /** The prefix of its id, such as `vpc`. */
  prefix?: string;
  /** The input that the provider fills with the logical name and a suffix. */
  autoName?: string;
  /** Inputs that the provider fills when they are not given. */
  defaults?: Properties;
  outputs?: (id: string, inputs: Properties) => Properties;
  /** What a change of the inputs changes in them. */
  changed?: (outputs: Properties, inputs: Properties) => Properties;
  /** How long AWS takes to create and to delete it, in seconds; about. */
  seconds?: readonly [create: number, remove: number];
}

const arn = (service: string, resource: string, region = REGION) =>
  `arn:aws:${service}:${region}:${ACCOUNT_ID}:${resource}`;
/** By the last part of the type token. What is not here gets an id of its logical name. */
const shapes: Record<string, Shape> = {
  Vpc: { prefix: 'vpc' },
  Subnet: { prefix: 'subnet' },
  InternetGateway: { prefix: 'igw', seconds: [1, 30] },
  NatGateway: { prefix: 'nat', seconds: [100, 60] },
  Eip: {
    prefix: 'eipalloc',
    outputs: (id) => ({ allocationId: id, publicIp: `192.0.2.${Number.parseInt(id.slice(-2), 16)}` }),
  },
  RouteTable: { prefix: 'rtb' },
  Route: { prefix: 'r' },
  RouteTableAssociation: { prefix: 'rtbassoc' },
  // `managedByPulumi` in https://github.com/pulumi/pulumi-aws/blob/v7.0.0/provider/resources.go
  SecurityGroup: { prefix: 'sg', autoName: 'name', defaults: { description: 'Managed by Pulumi' } },
  DefaultSecurityGroup: { prefix: 'sg', outputs: () => ({ name: 'default' }) },
  SecurityGroupIngressRule: { prefix: 'sgr' },
  SecurityGroupEgressRule: { prefix: 'sgr' },
  FlowLog: { prefix: 'fl' },
  LaunchTemplate: {
    prefix: 'lt',
    autoName: 'name',
    outputs: () => ({ latestVersion: 1, defaultVersion: 1 }),
    // A launch template never changes: it gets another version, and what stands on the latest one follows.
    changed: ({ latestVersion, defaultVersion }, { updateDefaultVersion }) => {
      const latest = Number(latestVersion) + 1;
      return { latestVersion: latest, defaultVersion: updateDefaultVersion ? latest : defaultVersion };
    },
  },
  LogGroup: { idFrom: 'name', autoName: 'name', outputs: (id) => ({ arn: arn('logs', `log-group:${id}`) }) },
  Role: {
    idFrom: 'name',
    autoName: 'name',
    outputs: (id, { path = '/' }) => ({ arn: arn('iam', `role${path}${id}`, ''), uniqueId: `AROA${id}` }),
  },
  RolePolicy: { autoName: 'name' },
  Key: { prefix: 'key', outputs: (id) => ({ keyId: id, arn: arn('kms', `key/${id}`) }) },
  Alias: { idFrom: 'name', autoName: 'name', outputs: (id) => ({ arn: arn('kms', id) }) },
  Repository: {
    idFrom: 'name',
    autoName: 'name',
    outputs: (id) => ({
      arn: arn('ecr', `repository/${id}`),
      registryId: ACCOUNT_ID,
      repositoryUrl: `${ACCOUNT_ID}.dkr.ecr.${REGION}.amazonaws.com/${id}`,
      region: REGION,
    }),
  },
  Cluster: {
    seconds: [540, 300],
    idFrom: 'name',
    autoName: 'name',
    outputs: (id, inputs) => ({
      arn: arn('eks', `cluster/${id}`),
      endpoint: `https://${digits(id, 32).toUpperCase()}.gr7.${REGION}.eks.amazonaws.com`,
      certificateAuthority: { data: Buffer.from(`certificate of ${id}`).toString('base64') },
      status: 'ACTIVE',
      vpcConfig: {
        ...(inputs.vpcConfig as Properties),
        clusterSecurityGroupId: `sg-${digits(`eks ${id}`, 17)}`,
      },
    }),
    changed: ({ vpcConfig }, inputs) => ({
      vpcConfig: { ...(vpcConfig as Properties), ...(inputs.vpcConfig as Properties) },
    }),
  },
  LoadBalancer: {
    outputs: (id) => ({ dnsName: `k8s-envoypoc-${digits(id, 10)}.${REGION}.elb.amazonaws.com` }),
  },
  NodeGroup: { seconds: [120, 180], autoName: 'nodeGroupName' },
  Addon: { seconds: [45, 15] },
  PodIdentityAssociation: {
    prefix: 'a',
    outputs: (id, { clusterName }) => ({
      associationId: id,
      associationArn: arn('eks', `podidentityassociation/${clusterName}/${id}`),
    }),
  },
};

/** The last part of a type token: `Vpc` of `aws:ec2/vpc:Vpc`. */
export const lastOf = (type: string): string => type.split(':').at(-1) ?? '';

/** How AWS shapes a type. */
export function shapeOf(type: string): Shape {
  return shapes[lastOf(type)] ?? {};
}

/** The id of a new resource, and what the account adds to its inputs. */
export function create({ type, urn, inputs }: Wanted): Created {
  const { idFrom, prefix, outputs } = shapeOf(type);
  const named = idFrom ? inputs[idFrom] : undefined;
  const fresh = digits(`${urn} ${Date.now()} ${Math.random()}`, 17);
  const id = typeof named === 'string' ? named : `${prefix ?? parseUrn(urn).name}-${fresh}`;
  const service = /^aws:([a-z0-9]+)/.exec(type)?.[1] ?? 'aws';
  return { id, outputs: { arn: arn(service, id), ...outputs?.(id, inputs) } };
}

/** What the account says of a resource after a change of its inputs. */
export function outputsAfter({ type, outputs }: Resource, inputs: Properties): Properties {
  return { ...outputs, ...shapeOf(type).changed?.(outputs, inputs) };
}

/** The inputs with the provider's defaults, and with a name where it makes one: the logical name and seven digits, kept ever after. */
export function named({ type, urn, inputs }: Wanted, before: Properties): Properties {
  const { autoName, defaults } = shapeOf(type);
  const complete = { ...defaults, ...inputs };
  if (!autoName || inputs[autoName] !== undefined) return complete;
  const name = before[autoName] ?? `${parseUrn(urn).name}-${digits(`${urn} ${Math.random()}`, 7)}`;
  return { ...complete, [autoName]: name };
}

/** Whether a name is one that the provider made for a resource. */
export function generatedName(urn: string, name: unknown): boolean {
  const prefix = `${parseUrn(urn).name}-`;
  return (
    typeof name === 'string' && name.startsWith(prefix) && /^[0-9a-f]{7}$/.test(name.slice(prefix.length))
  );
}

/** How long AWS takes for a resource, in seconds; about. */
export function secondsOf(what: 'create' | 'delete', type: string): number {
  const [create, remove] = shapeOf(type).seconds ?? [2, 2];
  return what === 'create' ? create : remove;
}

function digits(text: string, count: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, count);
}
