import { networkInterfaces } from 'node:os';
import {
  controlPlanePrice,
  hoursInMonth,
  kubeProxyVersions,
  minorOf,
  newestSupported,
  supportCheckedOn,
  supportEnds,
  supportOn,
} from '@envoy-poc/aws-facts';
import { attemptsPerSecond, idleFaults } from '@envoy-poc/edge';
import type { ConfigFault, Layer } from '@envoy-poc/layers';
import { type ClusterConfig, capacityFaults, imageFaults } from '@envoy-poc/layers/cluster';
import { isPrivate, overlaps } from '@envoy-poc/layers/network';
import {
  capacityNote,
  PICKER_REPLICAS,
  placementFaults,
  type WorkloadsConfig,
} from '@envoy-poc/layers/workloads';
import { type Check, fail, pass, warn } from '#runtime';
import type { DoctorContext } from '../context.ts';
import { layerConfig } from '../layer-config.ts';
import { rangeAdvice } from './range-advice.ts';

/** Those of a configuration's faults that have a check of their own here. */
export function designFaults(layer: Layer, config: unknown): ConfigFault[] {
  if (layer === 'workloads') return idleFaults(config as WorkloadsConfig);
  if (layer !== 'cluster') return [];
  return [...imageFaults(config as ClusterConfig), ...capacityFaults(config as ClusterConfig)];
}

const vpcRange: Check<DoctorContext> = {
  id: 'vpc-range',
  title: 'VPC range',
  needs: ['config-network'],
  async run(context) {
    const { vpcCidr } = (await layerConfig(context, 'network')).config;
    const change = () => rangeAdvice(context, '10.64.0.0/16');
    const here = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
      addresses.flatMap(({ cidr, family }) =>
        family === 'IPv4' && cidr && overlaps(vpcCidr, cidr) ? [`${name} (${cidr})`] : [],
      ),
    );
    if (here.length > 0) {
      return warn(
        `${vpcCidr} overlaps a network of this machine: ${here.join(', ')}; a VPN into the VPC would not work from here`,
        await change(),
      );
    }
    return isPrivate(vpcCidr)
      ? pass(`${vpcCidr}, private`)
      : warn(
          `${vpcCidr} is public address space that belongs to somebody else: nothing in the VPC can reach the real hosts behind it`,
          await change(),
        );
  },
};

const nodeImage: Check<DoctorContext> = {
  id: 'node-image',
  title: 'node image fits Kubernetes',
  needs: ['config-cluster'],
  async run(context) {
    const { config, fault } = await layerConfig(context, 'cluster');
    const faults = imageFaults(config);
    if (faults.length > 0) throw fault(faults);
    return pass(`${config.amiType} for ${config.version}`);
  },
};

/** The commands of the next step up, and how the newest version is reached: EKS goes up one minor version at a time. */
function upgradeWords(version: string, newest: string | undefined, stack: string): string {
  const next = `1.${minorOf(version) + 1}`;
  const set = (key: string, value: string) => `pulumi config set cluster:${key} ${value} --stack ${stack}`;
  const kubeProxy = (of: string) => kubeProxyVersions[of] ?? `v${of}.<build>`;
  const step = `(cd projects/cluster && ${set('version', next)} && ${set('kubeProxyVersion', kubeProxy(next))})`;
  if (newest === undefined || newest === next) return step;
  return (
    `${step} and a deploy, then the same again up to ${newest}; before the first deploy ${newest} (kubeProxyVersion ` +
    `${kubeProxy(newest)}) can be set at once: docs/upgrading.md`
  );
}

const support: Check<DoctorContext> = {
  id: 'kubernetes-support',
  title: 'Kubernetes is supported',
  needs: ['config-cluster'],
  async run(context) {
    const { version } = (await layerConfig(context, 'cluster')).config;
    const { standard, extended } = supportEnds[version] ?? {};
    const newest = newestSupported(context.today);
    const choose = upgradeWords(version, newest, context.stack);
    const price = (perHour: number) =>
      `${perHour.toFixed(2)} $/h (${(perHour * hoursInMonth).toFixed(0)} $ a month)`;
    switch (supportOn(version, context.today)) {
      case 'standard':
        return pass(
          `${version}: standard support until ${standard}, ${price(controlPlanePrice.standard)}; then ${controlPlanePrice.extended.toFixed(2)} $/h`,
        );
      case 'extended':
        return warn(
          `${version} left standard support on ${standard}: ${price(controlPlanePrice.extended)} instead of ` +
            `${price(controlPlanePrice.standard)}, until ${extended}`,
          choose,
        );
      case 'none':
        return fail(
          `${version} left extended support on ${extended}; EKS makes no such cluster any more`,
          choose,
        );
      case 'unknown':
        return warn(
          `${version} is not in the table of ${supportCheckedOn}`,
          `aws eks describe-cluster-versions --cluster-versions ${version}`,
        );
    }
  },
};

const podRoom: Check<DoctorContext> = {
  id: 'pod-room',
  title: 'pods fit on nodes',
  needs: ['config-cluster', 'config-workloads'],
  async run(context) {
    const cluster = await layerConfig(context, 'cluster');
    const workloads = await layerConfig(context, 'workloads');
    const planned = capacityFaults(cluster.config);
    if (planned.length > 0) throw cluster.fault(planned);
    const { desiredNodes: desired, podsPerNode, instanceType } = cluster.config;
    const placed = placementFaults(workloads.config, { desired, podsPerNode, instanceType });
    if (placed.length > 0) throw workloads.fault(placed);
    const { serverReplicas, edgeReplicas, clientReplicas, admission } = workloads.config;
    const pickers = admission === 'exact' ? `, ${PICKER_REPLICAS} pickers` : '';
    return pass(
      `${serverReplicas} servers, ${edgeReplicas} edges${pickers} and ${clientReplicas} clients on ${desired} ${instanceType}, ` +
        `which hold ${desired * podsPerNode} pods with those of the system`,
    );
  },
};

const idleTimes: Check<DoctorContext> = {
  id: 'idle-times',
  title: 'ping < ALB idle < edge idle',
  needs: ['config-workloads'],
  async run(context) {
    const { config, fault } = await layerConfig(context, 'workloads');
    const faults = idleFaults(config);
    if (faults.length > 0) throw fault(faults);
    const { pingIntervalSeconds, albIdleTimeoutSeconds, streamIdleTimeoutSeconds } = config;
    return pass(`${pingIntervalSeconds} s < ${albIdleTimeoutSeconds} s < ${streamIdleTimeoutSeconds} s`);
  },
};

const capacity: Check<DoctorContext> = {
  id: 'capacity',
  title: 'demand and capacity',
  needs: ['config-workloads'],
  async run(context) {
    const { config } = await layerConfig(context, 'workloads');
    const { clientReplicas, newConnectionsPerSecond } = config;
    const note = capacityNote(config);
    const attempts = attemptsPerSecond(config);
    if (attempts <= newConnectionsPerSecond) return pass(note);
    return warn(
      `${note} So of the attempts ${(100 * (1 - newConnectionsPerSecond / attempts)).toFixed(0)} % are refused by rate alone.`,
      `cd projects/workloads && pulumi config set workloads:attemptIntervalSeconds ${Math.ceil(clientReplicas / newConnectionsPerSecond)} --stack ${context.stack}`,
    );
  },
};

/** What the configured figures must be, against each other and against what AWS offers. */
export const designChecks: readonly Check<DoctorContext>[] = [
  vpcRange,
  nodeImage,
  support,
  podRoom,
  idleTimes,
  capacity,
];
