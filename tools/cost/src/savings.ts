import {
  type InstanceType,
  instancePrice,
  instanceTypes,
  kubeProxyVersions,
  supportEnds,
  supportOn,
} from '@envoy-poc/aws-facts';
import type { StackSettings } from '@envoy-poc/checks';
import { type ClusterConfig, clusterConfig, clusterFaults } from '@envoy-poc/cluster/src/config.ts';
import type { Layer } from '@envoy-poc/contracts/schemas';
import { parseConfig } from '@envoy-poc/stack-config';
import { NODE_GROUP } from './charges.ts';
import type { Settings } from './previewer.ts';
import type { PlannedResource } from './resources.ts';

/** Settings that make a stack cheaper. */
export interface Saving {
  readonly id: string;
  readonly title: string;
  /** What one gives up for it. */
  readonly but: string;
  readonly layer: Layer;
  readonly settings: Settings;
}

/** Something that would save money and cannot be done. */
export interface NoSaving {
  readonly title: string;
  readonly because: string;
  /** The stack as it would be, where that can be told. */
  readonly instead?: (resources: readonly PlannedResource[]) => readonly PlannedResource[];
}

/** What could make a stack cheaper by its layers' settings, and what those settings do not allow. */
export interface Savings {
  readonly savings: readonly Saving[];
  readonly impossible: readonly NoSaving[];
}

/** Looks for savings. Whether a layer really takes the settings, its preview says. */
export function findSavings(
  settings: ReadonlyMap<Layer, StackSettings>,
  region: string,
  today: Date,
): Savings {
  const network = settings.get('network');
  const cluster = settings.get('cluster');
  const parsed = cluster && parseConfig(clusterConfig, cluster.get);
  if (!network || !parsed?.ok) return { savings: [], impossible: [] };
  const config = parsed.config as ClusterConfig;
  const nodes = fewerNodes(config);
  return {
    savings: [
      ...newerKubernetes(config, today),
      ...oneNatGateway(network),
      ...cheaperNodes(config, region),
      ...('settings' in nodes ? [nodes] : []),
    ],
    impossible: [...('settings' in nodes ? [] : [nodes]), ...arm64(config, region), spot],
  };
}

function newerKubernetes({ version }: ClusterConfig, today: Date): Saving[] {
  if (supportOn(version, today) !== 'extended') return [];
  const newer = Object.keys(kubeProxyVersions)
    .filter((candidate) => supportOn(candidate, today) === 'standard')
    .at(-1);
  const kubeProxyVersion = newer && kubeProxyVersions[newer];
  if (!kubeProxyVersion) return [];
  return [
    {
      id: 'kubernetes',
      title: `Kubernetes ${newer}, in standard support until ${supportEnds[newer]?.standard}`,
      but: 'a cluster that is there goes up by one minor version at a time, each with its kube-proxy',
      layer: 'cluster',
      settings: { version: newer, kubeProxyVersion },
    },
  ];
}

function oneNatGateway(network: StackSettings): Saving[] {
  if (network.get('singleNatGateway') === 'true') return [];
  return [
    {
      id: 'nat-gateway',
      title: 'one NAT gateway for all zones',
      but: "when its zone fails, no node reaches the internet; the other zones' data crosses zones, 0.01 $/GB each way",
      layer: 'network',
      settings: { singleNatGateway: true },
    },
  ];
}

/** The cheapest type of the same architecture, of no fewer vCPUs and no less memory, on which the pods fit. */
function cheaperNodes(config: ClusterConfig, region: string): Saving[] {
  const now = instanceTypes[config.instanceType];
  const price = instancePrice(region, config.instanceType);
  if (!now || price === undefined) return [];
  const cheaper = Object.entries(instanceTypes)
    .filter(([, type]) => type.architecture === now.architecture && isEnough(type, now))
    .filter(([name]) => clusterFaults({ ...config, instanceType: name, podsPerNode: 0 }).length === 0)
    .map(([name]) => ({ name, price: instancePrice(region, name) ?? Number.POSITIVE_INFINITY }))
    .filter((candidate) => candidate.price < price)
    .sort((a, b) => a.price - b.price)[0];
  if (!cheaper) return [];
  return [
    {
      id: 'node-type',
      title: `${cheaper.name} nodes instead of ${config.instanceType}`,
      but: 'another processor, with as many vCPUs and as much memory; all nodes are replaced',
      layer: 'cluster',
      settings: { instanceType: cheaper.name, ...(config.podsPerNode > 0 && { podsPerNode: 0 }) },
    },
  ];
}

function isEnough(type: InstanceType, now: InstanceType): boolean {
  return type.vcpus >= now.vcpus && type.memory >= now.memory;
}

/** The fewest nodes of the same type on which the planned pods fit. */
function fewerNodes(config: ClusterConfig): Saving | NoSaving {
  const { desiredNodes, instanceType } = config;
  const fits = (count: number) =>
    clusterFaults({ ...config, minNodes: count, desiredNodes: count }).length === 0;
  const fewest = Array.from({ length: desiredNodes }, (_, index) => index + 1).find(fits) ?? desiredNodes;
  const title = `fewer nodes than ${desiredNodes}`;
  if (fewest >= desiredNodes) {
    const because = `the pods that cluster:plannedPods announces fit on no fewer of ${instanceType}`;
    return { title, because };
  }
  return {
    id: 'nodes',
    title: `${fewest} node${fewest === 1 ? '' : 's'} instead of ${desiredNodes}`,
    but: 'less room for a node that fails or is replaced',
    layer: 'cluster',
    settings: { minNodes: fewest, desiredNodes: fewest },
  };
}

/** Nodes with AWS's own processors, which the cluster layer has no images for yet. */
function arm64({ instanceType }: ClusterConfig, region: string): NoSaving[] {
  const [family = '', size = ''] = instanceType.split('.');
  const twin = family.startsWith('t3') ? `t4g.${size}` : undefined;
  const takesArm64 = clusterConfig.shape.amiType.options.some((type) => /ARM_64/.test(type));
  if (!twin || takesArm64 || instancePrice(region, twin) === undefined) return [];
  return [
    {
      title: `${twin} nodes (Graviton)`,
      because: `cluster:amiType takes only ${clusterConfig.shape.amiType.options.join(' and ')}`,
      instead: (resources) =>
        resources.map((resource) =>
          resource.type === NODE_GROUP
            ? { ...resource, inputs: { ...resource.inputs, instanceTypes: [twin] } }
            : resource,
        ),
    },
  ];
}

const spot: NoSaving = {
  title: 'spot nodes',
  because: "the cluster layer has no setting for them, and their price is the market's",
};
