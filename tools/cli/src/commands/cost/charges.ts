import {
  controlPlane,
  hoursInMonth,
  instanceHour,
  minorOf,
  type Price,
  type PriceSource,
  prices,
  publicAddressHour,
  supportEnds,
  supportOn,
} from '@envoy-poc/aws-facts';
import { z } from 'zod';
import type { Assumed } from './assumptions.ts';
import type { PlannedResource } from './resources.ts';

/** Something that AWS charges for. */
export interface Charge {
  /** What it is for, such as `NAT gateway`; charges of one name and price become one line. */
  readonly what: string;
  /** How many things it is for. */
  readonly count: number;
  /** How much is used in a month, in `unit`. */
  readonly quantity: number;
  readonly unit: 'h' | 'GB' | 'GB-month' | 'LCU-h' | 'key' | '';
  /** $ for one `unit`; undefined when there is no price for it here. */
  readonly price: number | undefined;
  /** How sure the price is. */
  readonly source: PriceSource | undefined;
  /** Said once for all resources of the stack together, so that it is not added up. */
  readonly shared?: boolean;
}

/** What a price depends on besides the resource. */
export interface Circumstances {
  readonly region: string;
  readonly today: Date;
  readonly assumed: Assumed;
  /** All resources of the stack. */
  readonly resources: readonly PlannedResource[];
}

/** Logs are kept compressed; AWS's own examples take 0.15 GB for each GB (https://aws.amazon.com/cloudwatch/pricing/). */
const KEPT_OF_LOGS = 0.15;
const DAYS_A_MONTH = 365 / 12;
/** How long logs are taken to have been kept that are kept for ever. */
const FOREVER_DAYS = 365;

/** The type of a group of nodes. */
export const NODE_GROUP = 'aws:eks/nodeGroup:NodeGroup';

/** A resource that costs, and that nothing here has a price for. */
export function noPrice(what: string): Charge {
  return charge(what, 0, '', undefined);
}

/** A charge for one thing, or for some that use `quantity` together. */
function charge(
  what: string,
  quantity: number,
  unit: Charge['unit'],
  price: Price | undefined,
  count = 1,
): Charge {
  return { what, count, quantity, unit, price: price?.dollars, source: price?.source };
}

/** The charges of a resource by its type; those of a type that is not here: see {@link isFree}. */
export const chargesByType: Readonly<
  Record<string, (resource: PlannedResource, circumstances: Circumstances) => Charge[]>
> = {
  'aws:eks/cluster:Cluster': ({ inputs }, { today, assumed }) => {
    const { version } = z.object({ version: z.string().catch('') }).parse(inputs);
    const support = supportOf(version, today);
    if (support === 'none') return [noPrice(`control plane, Kubernetes ${version || 'of no known version'}`)];
    const what = `control plane, Kubernetes ${version} (${support} support)`;
    return [charge(what, assumed.hours, 'h', controlPlane[support])];
  },

  [NODE_GROUP]: (group, { region, assumed, resources }) => {
    const parsed = nodeGroup.safeParse(group.inputs);
    if (!parsed.success) return [noPrice('nodes of a size that is not known')];
    const { instanceTypes, capacityType, scalingConfig, diskSize } = parsed.data;
    const [type] = instanceTypes;
    const count = scalingConfig.desiredSize;
    if (count === 0) return [];
    const spot = capacityType === 'SPOT';
    // The price of spot capacity is the market's.
    const price = spot ? undefined : instanceHour(region, type);
    const node = charge(`${type} node${spot ? ' (spot)' : ''}`, count * assumed.hours, 'h', price, count);
    const template = resources.find(
      (other) =>
        other.type === 'aws:ec2/launchTemplate:LaunchTemplate' && group.dependencies.includes(other.urn),
    );
    const disks = template
      ? launchTemplate.parse(template.inputs).blockDeviceMappings.flatMap(({ ebs }) => ebs ?? [])
      : [];
    // Without one in the template, EKS makes the node's disk.
    const all = disks.length > 0 ? disks : [{ volumeType: 'gp3', volumeSize: diskSize }];
    return [node, ...all.map((disk) => diskCharge(disk, count, region, assumed))];
  },

  'aws:ec2/natGateway:NatGateway': (_, { region, assumed }) => [
    charge('NAT gateway', assumed.hours, 'h', prices[region]?.natGatewayHour),
    {
      ...charge(
        'data through NAT gateways',
        assumed['nat-gigabytes'],
        'GB',
        prices[region]?.natGatewayGigabyte,
      ),
      shared: true,
    },
  ],

  'aws:ec2/eip:Eip': (_, { assumed }) => [addresses(1, assumed)],

  'aws:cloudwatch/logGroup:LogGroup': ({ inputs }, { region, assumed }) => {
    const { retentionInDays } = z.object({ retentionInDays: z.number().catch(0) }).parse(inputs);
    const gigabytes = assumed['log-gigabytes'];
    const kept = ((gigabytes * (retentionInDays || FOREVER_DAYS)) / DAYS_A_MONTH) * KEPT_OF_LOGS;
    return [
      charge('CloudWatch Logs ingestion', gigabytes, 'GB', prices[region]?.logIngestionGigabyte),
      charge('CloudWatch Logs storage', kept, 'GB-month', prices[region]?.logStorageGigabyteMonth),
    ];
  },

  'aws:ecr/repository:Repository': (_, { region, assumed }) => [
    charge('ECR storage', assumed['image-gigabytes'], 'GB-month', prices[region]?.imageStorageGigabyteMonth),
  ],

  'aws:kms/key:Key': (_, { region, assumed }) => [
    charge('KMS key', assumed.hours / hoursInMonth, 'key', prices[region]?.keyMonth),
  ],

  'kubernetes:networking.k8s.io/v1:Ingress': ({ inputs }, { region, assumed }) => {
    const { annotations } = ingress.parse(inputs).metadata;
    const ours = 'alb.ingress.kubernetes.io/';
    if (!Object.keys(annotations).some((name) => name.startsWith(ours))) {
      return [noPrice('Ingress that the AWS Load Balancer Controller does not serve')];
    }
    const subnets = annotations[`${ours}subnets`]?.split(',').length ?? 0;
    const isPublic = annotations[`${ours}scheme`] === 'internet-facing';
    const units = assumed['capacity-units'] * assumed.hours;
    return [
      charge('Application Load Balancer', assumed.hours, 'h', prices[region]?.applicationLoadBalancerHour),
      charge('load balancer capacity units', units, 'LCU-h', prices[region]?.capacityUnitHour),
      // It has an address in each subnet, and stands in two at least.
      ...(isPublic ? [addresses(Math.max(2, subnets), assumed)] : []),
    ];
  },

  'kubernetes:core/v1:Service': ({ inputs }) => {
    const { spec } = z
      .object({ spec: z.object({ type: z.string().default('') }).default({ type: '' }) })
      .parse(inputs);
    return spec.type === 'LoadBalancer' ? [noPrice('load balancer of a Service')] : [];
  },

  'kubernetes:core/v1:PersistentVolumeClaim': () => [noPrice('disk of a PersistentVolumeClaim')],
};

const free = [
  'ec2/vpc:Vpc',
  'ec2/subnet:Subnet',
  'ec2/internetGateway:InternetGateway',
  'ec2/routeTable:RouteTable',
  'ec2/route:Route',
  'ec2/routeTableAssociation:RouteTableAssociation',
  'ec2/defaultSecurityGroup:DefaultSecurityGroup',
  'ec2/securityGroup:SecurityGroup',
  'vpc/securityGroupIngressRule:SecurityGroupIngressRule',
  'vpc/securityGroupEgressRule:SecurityGroupEgressRule',
  // What stands behind it costs: the log group, the nodes.
  'ec2/flowLog:FlowLog',
  'ec2/launchTemplate:LaunchTemplate',
  'iam/role:Role',
  'iam/rolePolicy:RolePolicy',
  'iam/rolePolicyAttachment:RolePolicyAttachment',
  'kms/alias:Alias',
  'ecr/lifecyclePolicy:LifecyclePolicy',
  'eks/addon:Addon',
  'eks/accessEntry:AccessEntry',
  'eks/accessPolicyAssociation:AccessPolicyAssociation',
  'eks/podIdentityAssociation:PodIdentityAssociation',
].map((type) => `aws:${type}`);

/** Whether a type is known to cost nothing by itself; objects in the cluster run on what its nodes cost. */
export function isFree(type: string): boolean {
  return free.includes(type) || type.startsWith('kubernetes:');
}

const nodeGroup = z.object({
  instanceTypes: z.tuple([z.string()], z.string()),
  capacityType: z.string().optional(),
  scalingConfig: z.object({ desiredSize: z.int().min(0) }),
  /** GB; what EKS takes by default. */
  diskSize: z.number().default(20),
});
const launchTemplate = z.object({
  blockDeviceMappings: z
    .array(
      z.object({
        ebs: z.object({ volumeType: z.string().default('gp2'), volumeSize: z.number() }).optional(),
      }),
    )
    .default([]),
});
const ingress = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }),
});

function diskCharge(
  { volumeType, volumeSize }: { volumeType: string; volumeSize: number },
  count: number,
  region: string,
  { hours }: Assumed,
): Charge {
  const quantity = (count * volumeSize * hours) / hoursInMonth;
  const price = volumeType === 'gp3' ? prices[region]?.gp3GigabyteMonth : undefined;
  return charge(`${volumeType} disk of a node`, quantity, 'GB-month', price, count);
}

const addresses = (count: number, { hours }: Assumed) =>
  charge('public IPv4 address', count * hours, 'h', publicAddressHour, count);

/** What support costs on a day. A version newer than all that are known is taken for supported. */
function supportOf(version: string, today: Date): 'standard' | 'extended' | 'none' {
  const support = supportOn(version, today);
  if (support !== 'unknown') return support;
  const newest = Math.max(...Object.keys(supportEnds).map(minorOf));
  return minorOf(version) > newest ? 'standard' : 'none';
}
