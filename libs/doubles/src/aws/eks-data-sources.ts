import type { Properties, Resource } from '../account/account.ts';
import { defaultTags } from '../provider/default-tags.ts';
import { parseUrn } from '../provider/urn.ts';

const NODE_GROUP = 'aws:eks/nodeGroup:NodeGroup';

/** What the account answers to a data source of EKS. @throws {Error} as the AWS provider does when there is none */
export function answerOfEks(
  token: string,
  inputs: Properties,
  resources: readonly Resource[],
): Properties | undefined {
  const find = (type: string, what: string, wanted: Properties): Resource => {
    const found = resources.find(
      (other) =>
        other.type === type && Object.entries(wanted).every(([key, value]) => other.inputs[key] === value),
    );
    if (!found)
      throw new Error(`reading EKS ${what} (${Object.values(wanted).join(':')}): couldn't find resource`);
    return found;
  };
  const { name, clusterName, addonName, principalArn, nodeGroupName } = inputs;
  switch (token) {
    case 'aws:eks/getClusters:getClusters': {
      const clusters = resources.filter(({ type }) => type === 'aws:eks/cluster:Cluster');
      return { id: 'clusters', names: clusters.map(({ id }) => id) };
    }
    case 'aws:eks/getCluster:getCluster': {
      const cluster = find('aws:eks/cluster:Cluster', 'Cluster', { name });
      return { ...cluster.inputs, ...cluster.outputs, id: cluster.id, tags: tagsOf(cluster) };
    }
    case 'aws:eks/getNodeGroups:getNodeGroups': {
      const groups = resources.filter(
        ({ type, inputs }) => type === NODE_GROUP && inputs.clusterName === clusterName,
      );
      return { id: clusterName, names: groups.map(({ inputs }) => inputs.nodeGroupName) };
    }
    case 'aws:eks/getNodeGroup:getNodeGroup': {
      const group = find(NODE_GROUP, 'Node Group', { clusterName, nodeGroupName });
      const { version } = find('aws:eks/cluster:Cluster', 'Cluster', { name: clusterName }).inputs;
      return { version, ...group.inputs, id: group.id, tags: tagsOf(group) };
    }
    case 'aws:eks/getAddon:getAddon': {
      const addon = find('aws:eks/addon:Addon', 'Add-On', { clusterName, addonName });
      return { ...addon.inputs, id: addon.id, tags: tagsOf(addon) };
    }
    case 'aws:eks/getAccessEntry:getAccessEntry': {
      const entry = find('aws:eks/accessEntry:AccessEntry', 'Access Entry', { clusterName, principalArn });
      return { ...entry.inputs, id: entry.id, tags: tagsOf(entry), tagsAll: tagsOf(entry) };
    }
    default:
      return undefined;
  }
}

/** Tags as the layers' provider sets them; what EKS made by itself, beside a resource of a stack, has none. */
function tagsOf({ urn, inputs }: Resource): Properties {
  if (urn === '' || urn.endsWith('-made-by-eks')) return {};
  const { stack, project } = parseUrn(urn);
  return { ...defaultTags(), layer: project, stack, ...(inputs.tags as Properties | undefined) };
}
