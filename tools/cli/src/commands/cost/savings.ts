import {
  type InstanceType,
  instanceHour,
  instanceTypes,
  kubeProxyVersions,
  minorOf,
  priceInWords,
  supportEnds,
  supportOn,
  zoneGigabyte,
} from '@envoy-poc/aws-facts';
import { type Layer, parseConfig } from '@envoy-poc/layers';
import { type ClusterConfig, clusterConfig, clusterFaults, currentImage } from '@envoy-poc/layers/cluster';
import type { StackSettings } from '#runtime';
import type { StackConfiguration } from './previewer.ts';

/** Settings that make a stack cheaper. */
export interface Saving {
  readonly id: string;
  readonly title: string;
  /** What one gives up for it. */
  readonly but: string;
  readonly layer: Layer;
  readonly settings: StackConfiguration;
  /** What to propose where the layer does not take this. */
  readonly instead?: Saving;
}

/** Something that would save money and cannot be done. */
export interface NoSaving {
  readonly title: string;
  readonly because: string;
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
    impossible: [...('settings' in nodes ? [] : [nodes]), spot],
  };
}

/**
 * The newest version that is in standard support. A cluster that stands takes the next one only, so that is proposed
 * where the layer, which knows whether one stands, refuses the newest.
 */
function newerKubernetes({ version }: ClusterConfig, today: Date): Saving[] {
  if (supportOn(version, today) !== 'extended') return [];
  const newer = Object.keys(kubeProxyVersions).filter(
    (candidate) => minorOf(candidate) > minorOf(version) && supportOn(candidate, today) === 'standard',
  );
  const saving = (to: string): Saving => ({
    id: 'kubernetes',
    title: `Kubernetes ${to}, in standard support until ${supportEnds[to]?.standard}`,
    but: 'a cluster that is there goes up by one minor version at a time, each with its kube-proxy (docs/upgrading.md)',
    layer: 'cluster',
    settings: { version: to, kubeProxyVersion: String(kubeProxyVersions[to]) },
  });
  const newest = newer.at(-1);
  const next = newer.find((candidate) => minorOf(candidate) === minorOf(version) + 1);
  if (newest === undefined) return [];
  return [{ ...saving(newest), ...(next !== undefined && next !== newest && { instead: saving(next) }) }];
}

function oneNatGateway(network: StackSettings): Saving[] {
  if (network.get('singleNatGateway') === 'true') return [];
  return [
    {
      id: 'nat-gateway',
      title: 'one NAT gateway for all zones',
      but:
        "when its zone fails, no node reaches the internet; the other zones' data crosses zones, each way " +
        priceInWords(zoneGigabyte, '$/GB'),
      layer: 'network',
      settings: { singleNatGateway: true },
    },
  ];
}

/**
 * The cheapest type of no fewer vCPUs and no less memory, on which the pods fit, with the image for its processors. The
 * images that this workspace builds are for both kinds.
 */
function cheaperNodes(config: ClusterConfig, region: string): Saving[] {
  const now = instanceTypes[config.instanceType];
  const price = instanceHour(region, config.instanceType)?.dollars;
  if (!now || price === undefined) return [];
  const cheaper = Object.entries(instanceTypes)
    .filter(([, type]) => isEnough(type, now))
    .map(([instanceType, { architecture }]) => ({
      architecture,
      price: instanceHour(region, instanceType)?.dollars ?? Number.POSITIVE_INFINITY,
      settings: {
        instanceType,
        ...(architecture !== now.architecture && { amiType: currentImage[architecture] }),
        ...(config.podsPerNode > 0 && { podsPerNode: 0 }),
      },
    }))
    .filter(({ settings }) => clusterFaults({ ...config, ...settings, podsPerNode: 0 }).length === 0)
    .filter((candidate) => candidate.price < price)
    .sort((a, b) => a.price - b.price)[0];
  if (!cheaper) return [];
  const { settings, architecture } = cheaper;
  const graviton = architecture === 'arm64' && now.architecture !== 'arm64';
  return [
    {
      id: 'node-type',
      title: `${settings.instanceType} nodes${graviton ? ' (Graviton)' : ''} instead of ${config.instanceType}`,
      but:
        'another processor, with as many vCPUs and as much memory; all nodes are replaced' +
        (architecture === now.architecture
          ? ''
          : `; every image must be for ${architecture} too, as those built here are`),
      layer: 'cluster',
      settings,
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

const spot: NoSaving = {
  title: 'spot nodes',
  because: "the cluster layer has no setting for them, and their price is the market's",
};
