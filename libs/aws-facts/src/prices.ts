import type { Architecture } from './architecture.ts';

/**
 * How sure a price is, the surest first. `AWS`: compared on {@link pricesCheckedOn} with AWS's own words (price list or
 * bill) as public sources quote them; `table`: with figures in public sources that do not say where they have them;
 * `memory`: with nothing. None was read from AWS itself.
 */
export const priceSources = ['AWS', 'table', 'memory'] as const;
export type PriceSource = (typeof priceSources)[number];

/** A list price, on demand, before taxes, discounts and free tiers. */
export interface Price {
  /** US dollars. */
  readonly dollars: number;
  readonly source: PriceSource;
}

/** A price in words, with how sure it is where that is less than AWS's own words. */
export const priceInWords = ({ dollars, source }: Price, unit: string) =>
  `${dollars.toFixed(2)} ${unit}${source === 'AWS' ? '' : ` (${source})`}`;

const aws = (dollars: number): Price => ({ dollars, source: 'AWS' });
const table = (dollars: number): Price => ({ dollars, source: 'table' });
const memory = (dollars: number): Price => ({ dollars, source: 'memory' });

/**
 * The day on which prices were compared. Where they stand: https://aws.amazon.com/eks/pricing/, /ec2/pricing/on-demand/,
 * /vpc/pricing/ (NAT gateways, public addresses), /elasticloadbalancing/pricing/, /ebs/pricing/, /cloudwatch/pricing/,
 * /ecr/pricing/, /kms/pricing/; for machines
 * https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/<service>/current/<region>/index.json, without credentials.
 */
export const pricesCheckedOn = '2026-11-25';

/** Hours in a month, as AWS's calculator counts them (https://calculator.aws). */
export const hoursInMonth = 730;

/** For an hour of a cluster's control plane, by support of its Kubernetes version; the same in all regions. */
export const controlPlane = { standard: aws(0.1), extended: aws(0.6) } as const;

/** {@link controlPlane} in dollars. */
export const controlPlanePrice = {
  standard: controlPlane.standard.dollars,
  extended: controlPlane.extended.dollars,
} as const;

/** For an hour of a public IPv4 address, in use or not; the same in all regions. */
export const publicAddressHour = aws(0.005);

/** For a vCPU-hour that a burstable instance in unlimited mode uses above its baseline, by family; in all regions. */
export const surplusCreditHour: Readonly<Record<string, Price>> = {
  t3: table(0.05),
  t3a: memory(0.05),
  t4g: memory(0.04),
};

/** For a GB to the internet, and for one from a zone to another, in either direction. */
export const internetGigabyte = memory(0.09);
export const zoneGigabyte = memory(0.01);

/** What prices of a region are given for. */
export interface RegionPrices {
  readonly natGatewayHour: Price;
  /** For each GB through a NAT gateway, in either direction. */
  readonly natGatewayGigabyte: Price;
  readonly applicationLoadBalancerHour: Price;
  /** For a load balancer capacity unit (LCU) during an hour. */
  readonly capacityUnitHour: Price;
  readonly gp3GigabyteMonth: Price;
  readonly logIngestionGigabyte: Price;
  /** For logs as they are kept, compressed. */
  readonly logStorageGigabyteMonth: Price;
  readonly imageStorageGigabyteMonth: Price;
  /** For a version of a customer managed key; a key gets one more at each of its first two rotations. */
  readonly keyMonth: Price;
  /** For an hour of Linux on the size `large` of a family. Other sizes cost in proportion; see {@link instanceHour}. */
  readonly largeInstanceHour: Readonly<Record<string, Price>>;
}

const unitedStates: RegionPrices = {
  natGatewayHour: aws(0.045),
  natGatewayGigabyte: aws(0.045),
  applicationLoadBalancerHour: aws(0.0225),
  capacityUnitHour: aws(0.008),
  gp3GigabyteMonth: aws(0.08),
  logIngestionGigabyte: aws(0.5),
  logStorageGigabyteMonth: aws(0.03),
  imageStorageGigabyteMonth: aws(0.1),
  // Compared with the price list of us-west-2.
  keyMonth: memory(1),
  largeInstanceHour: {
    t3: aws(0.0832),
    t3a: table(0.0752),
    t4g: table(0.0672),
    m5: table(0.096),
    m6i: table(0.096),
    m7i: memory(0.1008),
    c6i: table(0.085),
  },
};

/** The prices of a region that costs the same, as far as anybody remembers. */
function asRemembered({ largeInstanceHour, ...rest }: RegionPrices): RegionPrices {
  const remembered = <T extends object>(prices: T) =>
    Object.fromEntries(Object.entries(prices).map(([key, { dollars }]) => [key, memory(dollars)])) as T;
  return { ...remembered(rest), largeInstanceHour: remembered(largeInstanceHour) };
}

/** By region. */
export const prices: Readonly<Record<string, RegionPrices>> = {
  'us-east-1': unitedStates,
  'us-east-2': {
    ...asRemembered(unitedStates),
    gp3GigabyteMonth: unitedStates.gp3GigabyteMonth,
    imageStorageGigabyteMonth: unitedStates.imageStorageGigabyteMonth,
  },
  'us-west-2': { ...asRemembered(unitedStates), keyMonth: aws(1) },
  'eu-west-1': {
    natGatewayHour: aws(0.048),
    natGatewayGigabyte: aws(0.048),
    applicationLoadBalancerHour: aws(0.0252),
    capacityUnitHour: aws(0.008),
    gp3GigabyteMonth: aws(0.088),
    logIngestionGigabyte: aws(0.57),
    logStorageGigabyteMonth: memory(0.03),
    imageStorageGigabyteMonth: aws(0.1),
    keyMonth: memory(1),
    largeInstanceHour: {
      t3: table(0.0912),
      t3a: memory(0.0816),
      t4g: table(0.0736),
      m5: table(0.107),
      m6i: memory(0.107),
      m7i: table(0.11235),
      c6i: memory(0.0912),
    },
  },
  'eu-central-1': {
    natGatewayHour: table(0.052),
    natGatewayGigabyte: memory(0.052),
    applicationLoadBalancerHour: memory(0.027),
    capacityUnitHour: memory(0.008),
    gp3GigabyteMonth: table(0.0952),
    logIngestionGigabyte: table(0.63),
    logStorageGigabyteMonth: memory(0.0324),
    imageStorageGigabyteMonth: memory(0.1),
    keyMonth: memory(1),
    largeInstanceHour: {
      t3: table(0.096),
      t3a: table(0.0864),
      t4g: memory(0.0768),
      m5: memory(0.115),
      m6i: table(0.115),
      m7i: memory(0.12075),
      c6i: table(0.097),
    },
  },
};

/** An instance type, and what a node of it has. */
export interface InstanceType {
  readonly family: string;
  readonly vcpus: number;
  /** Memory, in GiB. */
  readonly memory: number;
  readonly architecture: Architecture;
  /** Of a size that bursts: the share of each vCPU that it may use for ever without a surcharge. */
  readonly baseline?: number;
  /** Its price, in that of its family's `large`. */
  readonly larges: number;
}

const burstable = (family: string, architecture: InstanceType['architecture'] = 'x86_64') => ({
  [`${family}.small`]: { family, architecture, vcpus: 2, memory: 2, baseline: 0.2, larges: 0.25 },
  [`${family}.medium`]: { family, architecture, vcpus: 2, memory: 4, baseline: 0.2, larges: 0.5 },
  [`${family}.large`]: { family, architecture, vcpus: 2, memory: 8, baseline: 0.3, larges: 1 },
  [`${family}.xlarge`]: { family, architecture, vcpus: 4, memory: 16, baseline: 0.4, larges: 2 },
});
const fixed = (family: string, gibibytesPerVcpu: number) => ({
  [`${family}.large`]: {
    family,
    architecture: 'x86_64' as const,
    vcpus: 2,
    memory: 2 * gibibytesPerVcpu,
    larges: 1,
  },
  [`${family}.xlarge`]: {
    family,
    architecture: 'x86_64' as const,
    vcpus: 4,
    memory: 4 * gibibytesPerVcpu,
    larges: 2,
  },
});

/**
 * The instance types that have prices here, by name (https://aws.amazon.com/ec2/instance-types/; baselines:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html).
 */
export const instanceTypes: Readonly<Record<string, InstanceType>> = {
  ...burstable('t3'),
  ...burstable('t3a'),
  ...burstable('t4g', 'arm64'),
  ...fixed('m5', 4),
  ...fixed('m6i', 4),
  ...fixed('m7i', 4),
  ...fixed('c6i', 2),
};

/** For an hour of an instance type in a region, Linux on demand; undefined when one of both is not known here. */
export function instanceHour(region: string, type: string): Price | undefined {
  const instance = instanceTypes[type];
  const large = instance && prices[region]?.largeInstanceHour[instance.family];
  return large && { ...large, dollars: large.dollars * instance.larges };
}
