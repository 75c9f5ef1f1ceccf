import {
  DescribeAddressesCommand,
  DescribeInstanceTypesCommand,
  DescribeNatGatewaysCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
  paginateDescribeInstances,
  type Tag,
} from '@aws-sdk/client-ec2';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { LayerConfig, StackTags } from '@envoy-poc/layers';
import { overlaps } from '@envoy-poc/layers/network';
import { askAws, awsOptions, type Check, fail, type Outcome, pass, warn } from '#runtime';
import type { DoctorContext } from '../context.ts';

import { layerConfig } from '../layer-config.ts';
import { ownTags, stackPlace } from './account.ts';

import { rangeAdvice } from './range-advice.ts';

/** The configurations that say what a stack needs. */
type Configs = { readonly [L in 'network' | 'cluster' | 'workloads']: LayerConfig<L> };

/** Something of which an account may have only so many in a region. */
interface Quota {
  readonly id: string;
  readonly title: string;
  /** Names of the quota (https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html). */
  readonly service: string;
  readonly code: string;
  /** What the quota counts, where that is not the region. The stack may not need that one, so it is only warned of. */
  readonly where?: string;
  /** How many the stack will have. */
  planned(configs: Configs, ec2: EC2Client, signal: AbortSignal): number | Promise<number>;
  /** How many there are, and how many of those are the stack's own. */
  used(ec2: EC2Client, own: StackTags, signal: AbortSignal): Promise<{ used: number; ours: number }>;
}
const isOurs = (tags: readonly Tag[] = [], own: StackTags): boolean =>
  tags.some(({ Key, Value }) => Key === 'project' && Value === own.project) &&
  tags.some(({ Key, Value }) => Key === 'stack' && Value === own.stack);
const countOf = (all: readonly { Tags?: Tag[] | undefined }[] = [], own: StackTags) => ({
  used: all.length,
  ours: all.filter(({ Tags }) => isOurs(Tags, own)).length,
});

async function processorsOf(ec2: EC2Client, type: string, abortSignal: AbortSignal): Promise<number> {
  const { InstanceTypes } = await ec2.send(
    new DescribeInstanceTypesCommand({ InstanceTypes: [type as never] }),
    { abortSignal },
  );
  return InstanceTypes?.[0]?.VCpuInfo?.DefaultVCpus ?? 0;
}

/** The instance families that the quota of "standard" instances counts. */
const standardFamily = /^[acdhimrtz]/;

const quotas: readonly Quota[] = [
  {
    ...{ id: 'quota-vpcs', title: 'room for a VPC', service: 'vpc', code: 'L-F678F1CE' },
    planned: () => 1,
    async used(ec2, own, abortSignal) {
      return countOf((await ec2.send(new DescribeVpcsCommand({}), { abortSignal })).Vpcs, own);
    },
  },
  {
    ...{ id: 'quota-addresses', title: 'room for elastic IPs', service: 'ec2', code: 'L-0263D0A3' },
    planned: ({ network }) => (network.singleNatGateway ? 1 : network.zoneCount),
    async used(ec2, own, abortSignal) {
      return countOf((await ec2.send(new DescribeAddressesCommand({}), { abortSignal })).Addresses, own);
    },
  },
  {
    ...{ id: 'quota-nat', title: 'room for NAT gateways', service: 'vpc', code: 'L-FE5A380F' },
    where: 'in the fullest zone',
    planned: () => 1,
    async used(ec2, own, abortSignal) {
      const filter = { Filter: [{ Name: 'state', Values: ['pending', 'available'] }] };
      const [{ NatGateways = [] }, { Subnets = [] }] = await Promise.all([
        ec2.send(new DescribeNatGatewaysCommand(filter), { abortSignal }),
        ec2.send(new DescribeSubnetsCommand({}), { abortSignal }),
      ]);
      const zoneOf = new Map(Subnets.map(({ SubnetId, AvailabilityZone }) => [SubnetId, AvailabilityZone]));
      const byZone = Map.groupBy(NatGateways, ({ SubnetId }) => zoneOf.get(SubnetId));
      const counts = [...byZone.values()].map((gateways) => countOf(gateways, own));
      return counts.reduce((most, zone) => (zone.used > most.used ? zone : most), { used: 0, ours: 0 });
    },
  },
  {
    ...{ id: 'quota-vcpus', title: 'room for nodes (vCPUs)', service: 'ec2', code: 'L-1216C47A' },
    planned: async ({ cluster }, ec2, signal) =>
      cluster.desiredNodes * (await processorsOf(ec2, cluster.instanceType, signal)),
    async used(ec2, own, abortSignal) {
      const input = { Filters: [{ Name: 'instance-state-name', Values: ['pending', 'running'] }] };
      let [used, ours] = [0, 0];
      for await (const { Reservations = [] } of paginateDescribeInstances({ client: ec2 }, input, {
        abortSignal,
      })) {
        for (const { InstanceType = '', CpuOptions, Tags } of Reservations.flatMap(
          ({ Instances = [] }) => Instances,
        )) {
          if (!standardFamily.test(InstanceType)) continue;
          const processors = (CpuOptions?.CoreCount ?? 1) * (CpuOptions?.ThreadsPerCore ?? 1);
          used += processors;
          if (isOurs(Tags, own)) ours += processors;
        }
      }
      return { used, ours };
    },
  },
];

/** Whether what is missing fits beside what there is. */
function judgeQuota(
  quota: Pick<Quota, 'service' | 'code' | 'where'>,
  figures: { limit: number; used: number; ours: number; planned: number },
  region: string,
): Outcome {
  const { limit, used, ours, planned } = figures;
  const missing = Math.max(0, planned - ours);
  const text = `${used} of ${limit} are used${quota.where ? ` ${quota.where}` : ''}${ours > 0 ? `, ${ours} of them by this stack` : ''}; ${missing} more are needed`;
  if (used + missing <= limit) return pass(text);
  return (quota.where ? warn : fail)(
    text,
    `aws service-quotas request-service-quota-increase --service-code ${quota.service} --quota-code ${quota.code} ` +
      `--desired-value ${used + missing} --region ${region}`,
  );
}

const quotaCheck = (quota: Quota): Check<DoctorContext> => ({
  id: quota.id,
  title: quota.title,
  needs: ['identity', 'config-network', 'config-cluster', 'config-workloads'],
  async run(context, abortSignal) {
    const place = await stackPlace(context);
    const ec2 = new EC2Client(awsOptions(place));
    const code = { ServiceCode: quota.service, QuotaCode: quota.code };
    const own = await ownTags(context);
    const [planned, { used, ours }, { Quota: found }] = await Promise.all([
      configsOf(context).then((configs) =>
        askAws(place, 'ec2:DescribeInstanceTypes', async () => quota.planned(configs, ec2, abortSignal)),
      ),
      askAws(place, 'ec2:Describe*', () => quota.used(ec2, own, abortSignal)),
      askAws(place, 'servicequotas:GetServiceQuota', () =>
        new ServiceQuotasClient(awsOptions(place)).send(new GetServiceQuotaCommand(code), { abortSignal }),
      ),
    ]);
    return judgeQuota(quota, { limit: found?.Value ?? 0, used, ours, planned }, place.region);
  },
});

async function configsOf(context: DoctorContext): Promise<Configs> {
  return {
    network: (await layerConfig(context, 'network')).config,
    cluster: (await layerConfig(context, 'cluster')).config,
    workloads: (await layerConfig(context, 'workloads')).config,
  };
}

const vpcOverlap: Check<DoctorContext> = {
  id: 'vpc-overlap',
  title: 'no VPC with the same range',
  needs: ['identity', 'config-network'],
  async run(context, abortSignal) {
    const place = await stackPlace(context);
    const { vpcCidr } = (await layerConfig(context, 'network')).config;
    const { Vpcs = [] } = await askAws(place, 'ec2:DescribeVpcs', () =>
      new EC2Client(awsOptions(place)).send(new DescribeVpcsCommand({}), { abortSignal }),
    );
    const own = await ownTags(context);
    const others = Vpcs.filter(({ Tags, CidrBlock }) => !isOurs(Tags, own) && CidrBlock !== undefined);
    const same = others.filter(({ CidrBlock = '' }) => overlaps(vpcCidr, CidrBlock));
    return same.length === 0
      ? pass(`${vpcCidr} overlaps none of ${others.length} other VPCs`)
      : warn(
          `${vpcCidr} overlaps ${same.map(({ VpcId, CidrBlock }) => `${VpcId} (${CidrBlock})`).join(', ')}: the two can never be peered`,
          await rangeAdvice(context, '<range>'),
        );
  },
};

/** What the account has room for. */
export const quotaChecks: readonly Check<DoctorContext>[] = [...quotas.map(quotaCheck), vpcOverlap];
