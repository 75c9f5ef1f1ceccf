import {
  controlPlane,
  instanceTypes,
  internetGigabyte,
  priceInWords,
  prices,
  pricesCheckedOn,
  supportEnds,
  supportOn,
  surplusCreditHour,
  zoneGigabyte,
} from '@envoy-poc/aws-facts';
import { z } from 'zod';
import type { Assumed } from './assumptions.ts';
import { type Circumstances, NODE_GROUP } from './charges.ts';
import { estimate, weakest } from './estimate.ts';
import type { Previewer } from './previewer.ts';
import type { PricedStack } from './price-stack.ts';

/** What `cost` found, as `--json` prints it. Money is $ a month, in cents. */
export type CostReport = ReturnType<typeof reportOf>;

/** The hours a month of a stack that stands 40 hours a week. */
const PART_TIME_HOURS = Math.round((40 * 365) / 12 / 7);

/** Puts together what there is to say. */
export function reportOf(
  priced: PricedStack,
  circumstances: Omit<Circumstances, 'resources'>,
  { on, because }: Pick<Previewer, 'on' | 'because'>,
) {
  const { estimate: now, savings, together, impossible, resources } = priced;
  const { region, assumed, today } = circumstances;
  const share = (part: number) => (now.monthly > 0 ? Math.round((part / now.monthly) * 10_000) / 10_000 : 0);
  const partTime = estimate({ ...circumstances, resources, assumed: { ...assumed, hours: PART_TIME_HOURS } });
  return {
    ok: !now.atLeast,
    region,
    /** By which providers and state the layers were previewed. */
    previewedOn: { on, because },
    pricesCheckedOn,
    assumed,
    monthly: cents(now.monthly),
    /** Whether something has no price, so that it will cost more. */
    atLeast: now.atLeast,
    lines: now.lines.map(({ price, source, monthly, ...line }) => ({
      ...line,
      price: price ?? null,
      source: source ?? null,
      monthly: monthly === undefined ? null : cents(monthly),
      share: monthly === undefined ? null : share(monthly),
    })),
    savings: savings.map((saving) => ({
      ...saving,
      monthly: cents(saving.monthly),
      saves: cents(saving.saves),
      share: share(saving.saves),
    })),
    together:
      together === undefined
        ? null
        : {
            monthly: cents(together),
            saves: cents(now.monthly - together),
            share: share(now.monthly - together),
            source: weakest(savings.map(({ source }) => source)),
          },
    /** What a stack costs that is destroyed outside of 40 hours a week. */
    partTime: { hours: PART_TIME_HOURS, monthly: cents(partTime.monthly) },
    impossible,
    caveats: [...supportCaveats(resources, today), ...burstCaveats(resources, assumed)],
    notCounted: notCounted(region),
  };
}

/** What no line is for. */
function notCounted(region: string): string[] {
  const key = prices[region]?.keyMonth;
  return [
    `data to the internet, ${priceInWords(internetGigabyte, '$/GB')}`,
    `data between zones, each way ${priceInWords(zoneGigabyte, '$/GB')}: edges and servers spread over zones`,
    ...(key ? [`each of the first two rotations of the key, ${priceInWords(key, '$ a month')}`] : []),
    "calls of the APIs, the state's bucket: cents",
    'free tiers, savings plans, taxes, support',
  ];
}

function supportCaveats(resources: Circumstances['resources'], today: Date): string[] {
  return resources.flatMap(({ type, inputs }) => {
    const version = String(inputs.version);
    const ends = supportEnds[version];
    if (type !== 'aws:eks/cluster:Cluster' || !ends) return [];
    const support = supportOn(version, today);
    if (support === 'standard') {
      return [
        `Kubernetes ${version} costs ${priceInWords(controlPlane.extended, '$/h')} after ${ends.standard}`,
      ];
    }
    return [`EKS moves Kubernetes ${version} to a newer version after ${ends.extended}`];
  });
}

/** Nodes of a burstable type are in unlimited mode unless told otherwise; what that may cost at most. */
function burstCaveats(resources: Circumstances['resources'], { hours }: Assumed): string[] {
  return resources.flatMap(({ type, inputs }) => {
    const group = type === NODE_GROUP ? nodeGroup.safeParse(inputs).data : undefined;
    const [name = ''] = group?.instanceTypes ?? [];
    const { family = '', vcpus = 0, baseline } = instanceTypes[name] ?? {};
    const price = surplusCreditHour[family];
    if (!group || baseline === undefined || price === undefined) return [];
    const most = group.scalingConfig.desiredSize * vcpus * (1 - baseline) * price.dollars * hours;
    return [
      `${name} nodes that use more than ${baseline * 100} % of their vCPUs for long cost ` +
        `${priceInWords(price, '$ a vCPU-hour')} more: at most ${most.toFixed(2)} $ a month, were they busy all the time`,
    ];
  });
}

const nodeGroup = z.object({
  instanceTypes: z.array(z.string()),
  scalingConfig: z.object({ desiredSize: z.number() }),
});

function cents(dollars: number): number {
  return Math.round(dollars * 100) / 100;
}
