import { createHash } from 'node:crypto';
import type { Properties } from './account.ts';
import type { Wanted } from './double.ts';
import { parseUrn } from './urn.ts';

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
  /** Inputs that cannot change in place. */
  replaceOn?: readonly string[];
  /** Inputs that no other resource of the type may share. */
  unique?: readonly string[];
  outputs?: (id: string, inputs: Properties) => Properties;
  /** How long AWS takes to create and to delete it, in seconds; about. */
  seconds?: readonly [create: number, remove: number];
}

const arn = (service: string, resource: string, region = REGION) =>
  `arn:aws:${service}:${region}:${ACCOUNT_ID}:${resource}`;
const rule: Shape = {
  prefix: 'sgr',
  replaceOn: ['securityGroupId'],
  unique: ['securityGroupId', 'cidrIpv4', 'referencedSecurityGroupId', 'ipProtocol', 'fromPort', 'toPort'],
};

/** By the last part of the type token. What is not here gets an id of its logical name. */
const shapes: Record<string, Shape> = {
  Vpc: { prefix: 'vpc', replaceOn: ['cidrBlock'] },
  Subnet: { prefix: 'subnet', replaceOn: ['cidrBlock', 'availabilityZone', 'vpcId'] },
  InternetGateway: { prefix: 'igw', seconds: [1, 30] },
  NatGateway: { prefix: 'nat', seconds: [100, 60], replaceOn: ['subnetId', 'allocationId'] },
  Eip: {
    prefix: 'eipalloc',
    outputs: (id) => ({ allocationId: id, publicIp: `192.0.2.${Number.parseInt(id.slice(-2), 16)}` }),
  },
  RouteTable: { prefix: 'rtb', replaceOn: ['vpcId'] },
  Route: {
    prefix: 'r',
    replaceOn: ['routeTableId', 'destinationCidrBlock'],
    unique: ['routeTableId', 'destinationCidrBlock'],
  },
  RouteTableAssociation: { prefix: 'rtbassoc', replaceOn: ['subnetId'], unique: ['subnetId'] },
  SecurityGroup: { prefix: 'sg', autoName: 'name', replaceOn: ['vpcId', 'description', 'name'] },
  SecurityGroupIngressRule: rule,
  SecurityGroupEgressRule: rule,
  FlowLog: { prefix: 'fl' },
  LaunchTemplate: {
    prefix: 'lt',
    autoName: 'name',
    outputs: () => ({ latestVersion: 1, defaultVersion: 1 }),
  },
  LogGroup: {
    idFrom: 'name',
    autoName: 'name',
    replaceOn: ['name'],
    unique: ['name'],
    outputs: (id) => ({ arn: arn('logs', `log-group:${id}`) }),
  },
  Role: {
    idFrom: 'name',
    autoName: 'name',
    replaceOn: ['name'],
    unique: ['name'],
    outputs: (id) => ({ arn: arn('iam', `role/${id}`, ''), uniqueId: `AROA${id}` }),
  },
  Key: { prefix: 'key', outputs: (id) => ({ keyId: id, arn: arn('kms', `key/${id}`) }) },
  Alias: {
    idFrom: 'name',
    replaceOn: ['name'],
    unique: ['name'],
    outputs: (id) => ({ arn: arn('kms', id) }),
  },
  Repository: {
    idFrom: 'name',
    replaceOn: ['name'],
    unique: ['name'],
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
    replaceOn: ['name', 'roleArn', 'bootstrapSelfManagedAddons'],
    unique: ['name'],
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
  },
  LoadBalancer: {
    outputs: (id) => ({ dnsName: `k8s-envoypoc-${digits(id, 10)}.${REGION}.elb.amazonaws.com` }),
  },
  NodeGroup: {
    seconds: [120, 180],
    autoName: 'nodeGroupName',
    replaceOn: ['amiType', 'instanceTypes', 'subnetIds', 'nodeRoleArn'],
  },
  Addon: { seconds: [45, 15], unique: ['clusterName', 'addonName'], replaceOn: ['clusterName', 'addonName'] },
};

/** How AWS shapes a type. */
export function shapeOf(type: string): Shape {
  return shapes[type.split(':').at(-1) ?? ''] ?? {};
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

/** The inputs with a name where the provider makes one: the logical name and seven digits, kept ever after. */
export function named({ type, urn, inputs }: Wanted, before: Properties): Properties {
  const { autoName } = shapeOf(type);
  if (!autoName || inputs[autoName] !== undefined) return inputs;
  const name = before[autoName] ?? `${parseUrn(urn).name}-${digits(`${urn} ${Math.random()}`, 7)}`;
  return { ...inputs, [autoName]: name };
}

/** How long AWS takes for a resource, in seconds; about. */
export function secondsOf(what: 'create' | 'delete', type: string): number {
  const [create, remove] = shapeOf(type).seconds ?? [2, 2];
  return what === 'create' ? create : remove;
}

function digits(text: string, count: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, count);
}
