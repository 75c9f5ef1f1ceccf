import type { Properties, Resource } from '../../account/account.ts';
import type { Wanted } from '../../provider/double.ts';
import { clusterNamed } from './eks.ts';
import { BY_EKS } from './eks-access.ts';

const SOFTWARE = 'eks:software';

/** What EKS puts into a new cluster unless told not to. */
const selfManaged = ['coredns', 'kube-proxy', 'vpc-cni'];

/** The software of an add-on that runs in a cluster without being an add-on of it. */
const software = (clusterName: unknown, clusterUrn: string, addonName: string): Resource => ({
  ...{ type: SOFTWARE, id: `${clusterName}:${addonName}`, urn: `${clusterUrn}${BY_EKS}` },
  ...{ inputs: { clusterName, addonName }, outputs: {} },
});

/** What comes with a cluster (https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html). */
export function softwareBesides({ type, urn, inputs }: Wanted): Resource[] {
  if (type !== 'aws:eks/cluster:Cluster' || inputs.bootstrapSelfManagedAddons === false) return [];
  return selfManaged.map((name) => software(inputs.name, urn, name));
}

/** What is left of an add-on that is deleted with `preserve` (API_DeleteAddon). */
export function softwareAfter(resources: readonly Resource[], { type, inputs }: Resource): Resource[] {
  const cluster = clusterNamed(resources, inputs.clusterName);
  if (type !== 'aws:eks/addon:Addon' || !inputs.preserve || !cluster) return [];
  return [software(cluster.id, cluster.urn, String(inputs.addonName))];
}

/** What an add-on takes over. */
export function softwareOf(resources: readonly Resource[], { type, inputs }: Wanted): Resource | undefined {
  if (type !== 'aws:eks/addon:Addon') return undefined;
  return resources.find(
    (other) =>
      other.type === SOFTWARE &&
      other.inputs.clusterName === inputs.clusterName &&
      other.inputs.addonName === inputs.addonName,
  );
}

/**
 * The version and the configuration of an add-on.
 *
 * @param before what it is now, when it is there
 * @throws {Error} what EKS refuses
 */
export function checkAddon(
  resources: readonly Resource[],
  wanted: Wanted,
  before: Resource | undefined,
): void {
  const { addonName, addonVersion, configurationValues, clusterName } = wanted.inputs;
  checkVersion(String(addonName), String(addonVersion), clusterNamed(resources, clusterName), before);
  if (configurationValues !== undefined) checkConfiguration(String(configurationValues));
  // https://docs.aws.amazon.com/eks/latest/userguide/creating-an-add-on.html, "Conflict resolution method"
  if (!before && wanted.inputs.resolveConflictsOnCreate !== 'OVERWRITE' && softwareOf(resources, wanted)) {
    throw new Error(
      'ConfigurationConflict: Conflicts found when trying to apply. Will not continue due to resolve conflicts mode.',
    );
  }
}

function checkVersion(
  addonName: string,
  version: string,
  cluster: Resource | undefined,
  before: Resource | undefined,
): void {
  const [, minor] = minorOf(version);
  // kube-proxy is of a Kubernetes version, and there is none newer for a cluster
  // (https://docs.aws.amazon.com/eks/latest/userguide/managing-kube-proxy.html).
  const [, ofCluster = minor] = minorOf(`v${cluster?.inputs.version ?? version}.`);
  if (addonName === 'kube-proxy' && Number(minor) > Number(ofCluster))
    throw new Error('InvalidParameterException: Addon version specified is not supported');
  // https://github.com/terraform-aws-modules/terraform-aws-eks/issues/2749
  const [, now = minor] = minorOf(String(before?.inputs.addonVersion ?? version));
  if (addonName === 'vpc-cni' && Math.abs(Number(minor) - Number(now)) > 1) {
    throw new Error(
      'InvalidParameterException: Updating VPC-CNI can only go up or down 1 minor version at a time',
    );
  }
}

/** The major and the minor version of `v1.33.8-eksbuild.4`. */
const minorOf = (version: string) => /^v(\d+)\.(\d+)\./.exec(version)?.slice(1) ?? [];

/** That it is JSON, and that environment variables are texts (https://github.com/aws/amazon-vpc-cni-k8s/issues/2173). */
function checkConfiguration(text: string): void {
  const refuse = (why: string) => {
    throw new Error(
      `InvalidParameterException: ConfigurationValue provided in request is not supported: ${why}`,
    );
  };
  let values: Properties = {};
  try {
    values = JSON.parse(text) as Properties;
  } catch {
    refuse('it is not valid JSON');
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) refuse('$: object expected');
  if (values.enableNetworkPolicy !== undefined && typeof values.enableNetworkPolicy !== 'string')
    refuse('[$.enableNetworkPolicy: string expected]');
  const wrong = Object.entries(values.env ?? {}).find(([, value]) => typeof value !== 'string');
  if (wrong) refuse(`[$.env.${wrong[0]}: string expected]`);
}
