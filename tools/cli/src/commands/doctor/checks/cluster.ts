import {
  DescribeAddonCommand,
  DescribeAddonVersionsCommand,
  DescribeClusterCommand,
  DescribeNodegroupCommand,
  EKSClient,
  ListNodegroupsCommand,
} from '@aws-sdk/client-eks';
import type { ConfigFault } from '@envoy-poc/layers';
import {
  type AddonName,
  addonKeys,
  type StandingCluster,
  standingFaults,
  versionsLine,
} from '@envoy-poc/layers/cluster';
import { type AwsPlace, askAws, awsOptions, type Check, pass } from '#runtime';
import type { DoctorContext } from '../context.ts';

import { layerConfig } from '../layer-config.ts';
import { ownTags, stackPlace } from './account.ts';

const addonNames = Object.keys(addonKeys) as AddonName[];

async function clusterOf(context: DoctorContext) {
  const place = await stackPlace(context);
  return { ...(await layerConfig(context, 'cluster')), place, client: new EKSClient(awsOptions(place)) };
}

/** Asks EKS for something that may not be there. */
function orNothing<T>(place: AwsPlace, action: string, ask: () => Promise<T>): Promise<T | undefined> {
  return askAws<T | undefined>(place, action, async () => {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  });
}

async function standingOf(
  client: EKSClient,
  place: AwsPlace,
  name: string,
  abortSignal: AbortSignal,
): Promise<StandingCluster | undefined> {
  const found = await orNothing(place, 'eks:DescribeCluster', () =>
    client.send(new DescribeClusterCommand({ name }), { abortSignal }),
  );
  const { version, tags = {} } = found?.cluster ?? {};
  if (version === undefined) return undefined;
  const addons = await Promise.all(
    addonNames.map(async (addonName): Promise<[AddonName, string][]> => {
      const answer = await orNothing(place, 'eks:DescribeAddon', () =>
        client.send(new DescribeAddonCommand({ clusterName: name, addonName }), { abortSignal }),
      );
      const installed = answer?.addon?.addonVersion;
      return installed === undefined ? [] : [[addonName, installed]];
    }),
  );
  const { nodegroups = [] } = await askAws(place, 'eks:ListNodegroups', () =>
    client.send(new ListNodegroupsCommand({ clusterName: name }), { abortSignal }),
  );
  const nodeGroups = await Promise.all(
    nodegroups.map(async (nodegroupName): Promise<[string, string][]> => {
      const answer = await orNothing(place, 'eks:DescribeNodegroup', () =>
        client.send(new DescribeNodegroupCommand({ clusterName: name, nodegroupName }), { abortSignal }),
      );
      const version = answer?.nodegroup?.version;
      return version === undefined ? [] : [[nodegroupName, version]];
    }),
  );
  return { version, tags, addons: new Map(addons.flat()), nodeGroups: new Map(nodeGroups.flat()) };
}

const step: Check<DoctorContext> = {
  id: 'cluster-step',
  title: 'the cluster can get there',
  needs: ['identity', 'config-cluster'],
  async run(context, abortSignal) {
    const { fault, place, config, client } = await clusterOf(context);
    const standing = await standingOf(client, place, config.name, abortSignal);
    const faults = standing ? standingFaults(standing, config, await ownTags(context)) : [];
    if (faults.length > 0) throw fault(faults);
    return pass(versionsLine(standing, config));
  },
};

const builds: Check<DoctorContext> = {
  id: 'addon-builds',
  title: 'add-on builds are offered',
  needs: ['identity', 'config-cluster'],
  async run(context, abortSignal) {
    const { fault, place, config, client } = await clusterOf(context);
    const { version: kubernetesVersion } = config;
    const faults = await Promise.all(
      addonNames.map(async (addonName): Promise<ConfigFault[]> => {
        const { addons = [] } = await askAws(place, 'eks:DescribeAddonVersions', () =>
          client.send(new DescribeAddonVersionsCommand({ addonName, kubernetesVersion }), { abortSignal }),
        );
        // Newest first, as EKS gives them.
        const offered = addons.flatMap(({ addonVersions = [] }) => addonVersions);
        const value = config[addonKeys[addonName]];
        if (offered.some(({ addonVersion }) => addonVersion === value)) return [];
        return [
          { key: addonKeys[addonName], value, message: instead(addonName, config.version, value, offered) },
        ];
      }),
    );
    if (faults.flat().length > 0) throw fault(faults.flat());
    return pass(`all ${addonNames.length} for Kubernetes ${kubernetesVersion}`);
  },
};

interface Offered {
  readonly addonVersion?: string | undefined;
  readonly compatibilities?: readonly { readonly defaultVersion?: boolean | undefined }[] | undefined;
}

/** What to take where EKS does not offer a build: one of the same minor version, or else the default one. */
function instead(addonName: string, version: string, value: string, offered: readonly Offered[]): string {
  if (offered.length === 0) return `EKS offers no ${addonName} for Kubernetes ${version}`;
  const minor = /^v\d+\.\d+\./.exec(value)?.[0] ?? '';
  const near = offered.find(({ addonVersion }) => addonVersion?.startsWith(minor));
  const byDefault = offered.find(({ compatibilities = [] }) =>
    compatibilities.some(({ defaultVersion }) => defaultVersion === true),
  );
  const choice = [
    ...(near ? [`${near.addonVersion}, the newest of its minor version`] : []),
    ...(byDefault ? [`${byDefault.addonVersion}, the default`] : []),
  ];
  const named = choice.length > 0 ? choice.join(', or ') : String(offered[0]?.addonVersion);
  return `EKS does not offer this build for Kubernetes ${version}, or no longer; set ${named}`;
}

/** What EKS makes of the configured versions. */
export const clusterChecks: readonly Check<DoctorContext>[] = [step, builds];
