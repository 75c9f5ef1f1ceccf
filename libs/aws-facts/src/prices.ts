import type { Architecture } from './architecture.ts';

/**
 * List prices of AWS, on demand, in US dollars, before taxes, discounts and free tiers.
 *
 * Where they stand: https://aws.amazon.com/eks/pricing/, /ec2/pricing/on-demand/, /vpc/pricing/ (NAT gateways, public
 * addresses), /elasticloadbalancing/pricing/, /ebs/pricing/, /cloudwatch/pricing/, /ecr/pricing/, /kms/pricing/; for
 * machines https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/<service>/current/<region>/index.json, without
 * credentials.
 *
 * A figure without a remark was compared on {@link pricesCheckedOn} with AWS's own words (price list or bill) as public
 * sources quote them; `table`: with figures in public sources that do not say where they have them; `memory`: with
 * nothing. None was read from AWS itself.
 */
export const pricesCheckedOn = '2026-11-25';

/** $ an hour for a cluster's control plane, by support of its Kubernetes version; the same in all regions. */
export const controlPlanePrice = { standard: 0.1, extended: 0.6 } as const;

/** $ an hour for a public IPv4 address, in use or not; the same in all regions. */
export const publicAddressPrice = 0.005;

/** $ a vCPU-hour for what a burstable instance in unlimited mode uses above its baseline, by family; in all regions. */
export const surplusCreditPrice: Readonly<Record<string, number>> = {
  t3: 0.05, // table
  t3a: 0.05, // memory
  t4g: 0.04, // memory
};

/** What prices of a region are given for. */
export interface RegionPrices {
  readonly natGatewayHour: number;
  /** For each GB through a NAT gateway, in either direction. */
  readonly natGatewayGigabyte: number;
  readonly applicationLoadBalancerHour: number;
  /** For a load balancer capacity unit (LCU) during an hour. */
  readonly capacityUnitHour: number;
  readonly gp3GigabyteMonth: number;
  readonly logIngestionGigabyte: number;
  /** For logs as they are kept, compressed. */
  readonly logStorageGigabyteMonth: number;
  readonly imageStorageGigabyteMonth: number;
  /** For a version of a customer managed key; a key gets one more at each of its first two rotations. */
  readonly keyMonth: number;
  /** For an hour of Linux on the size `large` of a family. Other sizes cost in proportion; see {@link instancePrice}. */
  readonly largeInstanceHour: Readonly<Record<string, number>>;
}

const unitedStates: RegionPrices = {
  natGatewayHour: 0.045,
  natGatewayGigabyte: 0.045,
  applicationLoadBalancerHour: 0.0225,
  capacityUnitHour: 0.008,
  gp3GigabyteMonth: 0.08,
  logIngestionGigabyte: 0.5,
  logStorageGigabyteMonth: 0.03,
  imageStorageGigabyteMonth: 0.1,
  keyMonth: 1,
  largeInstanceHour: {
    t3: 0.0832,
    t3a: 0.0752, // table
    t4g: 0.0672, // table
    m5: 0.096, // table
    m6i: 0.096, // table
    m7i: 0.1008, // memory
    c6i: 0.085, // table
  },
};

/** By region. */
export const prices: Readonly<Record<string, RegionPrices>> = {
  'us-east-1': unitedStates,
  // The same as us-east-1. gp3 and images in us-east-2, keys in us-west-2 were compared; the rest of both is memory.
  'us-east-2': unitedStates,
  'us-west-2': unitedStates,
  'eu-west-1': {
    natGatewayHour: 0.048,
    natGatewayGigabyte: 0.048,
    applicationLoadBalancerHour: 0.0252,
    capacityUnitHour: 0.008,
    gp3GigabyteMonth: 0.088,
    logIngestionGigabyte: 0.57,
    logStorageGigabyteMonth: 0.03, // memory
    imageStorageGigabyteMonth: 0.1,
    keyMonth: 1, // memory
    largeInstanceHour: {
      t3: 0.0912, // table
      t3a: 0.0816, // memory
      t4g: 0.0736, // table
      m5: 0.107, // table
      m6i: 0.107, // memory
      m7i: 0.11235, // table
      c6i: 0.0912, // memory
    },
  },
  'eu-central-1': {
    natGatewayHour: 0.052, // table
    natGatewayGigabyte: 0.052, // memory
    applicationLoadBalancerHour: 0.027, // memory
    capacityUnitHour: 0.008, // memory
    gp3GigabyteMonth: 0.0952, // table
    logIngestionGigabyte: 0.63, // table
    logStorageGigabyteMonth: 0.0324, // memory
    imageStorageGigabyteMonth: 0.1, // memory
    keyMonth: 1, // memory
    largeInstanceHour: {
      t3: 0.096, // table
      t3a: 0.0864, // table
      t4g: 0.0768, // memory
      m5: 0.115, // memory
      m6i: 0.115, // table
      m7i: 0.12075, // memory
      c6i: 0.097, // table
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

/** $ an hour for an instance type in a region, Linux on demand; undefined when one of both is not known here. */
export function instancePrice(region: string, type: string): number | undefined {
  const instance = instanceTypes[type];
  const large = instance && prices[region]?.largeInstanceHour[instance.family];
  return large && large * instance.larges;
}
