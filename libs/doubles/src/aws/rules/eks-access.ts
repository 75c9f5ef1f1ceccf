import type { Properties, Resource } from '../../account/account.ts';
import type { Wanted } from '../../provider/double.ts';
import { callerArn, principalOf } from '../caller.ts';
import { clusterNamed } from './eks.ts';

const ENTRY = 'aws:eks/accessEntry:AccessEntry';

/** In the URN of what EKS made itself, and no stack has. */
export const BY_EKS = '-made-by-eks';

/** Whether EKS made it itself. */
export const isMadeByEks = ({ urn }: Pick<Resource, 'urn'>): boolean => urn.endsWith(BY_EKS);

const modeOf = (cluster: Resource | undefined) =>
  String((cluster?.inputs.accessConfig as Properties | undefined)?.authenticationMode ?? 'CONFIG_MAP');

/**
 * The access entries that EKS makes with a cluster, for its creator, and with a node group, for its role
 * (https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html).
 */
export function entriesBesides(resources: readonly Resource[], { type, urn, inputs }: Wanted): Resource[] {
  const entry = (clusterName: unknown, principalArn: unknown, kind: string): Resource => ({
    ...{ type: ENTRY, id: `${clusterName}:${principalArn}`, urn: `${urn}${BY_EKS}` },
    inputs: { clusterName, principalArn, type: kind },
    outputs: {},
  });
  if (type === 'aws:eks/cluster:Cluster') {
    const { authenticationMode = 'CONFIG_MAP', bootstrapClusterCreatorAdminPermissions = true } =
      (inputs.accessConfig ?? {}) as Properties;
    if (authenticationMode === 'CONFIG_MAP' || !bootstrapClusterCreatorAdminPermissions) return [];
    return [entry(inputs.name, principalOf(callerArn()), 'STANDARD')];
  }
  if (type !== 'aws:eks/nodeGroup:NodeGroup') return [];
  const { clusterName, nodeRoleArn } = inputs;
  if (modeOf(clusterNamed(resources, clusterName)) === 'CONFIG_MAP') return [];
  return entryOf(resources, inputs.clusterName, nodeRoleArn)
    ? []
    : [entry(clusterName, nodeRoleArn, 'EC2_LINUX')];
}

/** The access entries of EKS's own that go with a cluster or a node group. */
export function entriesWith(resources: readonly Resource[], target: Resource): Resource[] {
  return resources.filter(
    (other) =>
      isMadeByEks(other) &&
      (other.inputs.clusterName === target.id || other.urn === `${target.urn}${BY_EKS}`),
  );
}

/** @throws {Error} what EKS refuses of an access entry */
export function checkEntry(resources: readonly Resource[], { inputs }: Wanted): void {
  // https://docs.aws.amazon.com/eks/latest/userguide/setting-up-access-entries.html
  if (modeOf(clusterNamed(resources, inputs.clusterName)) === 'CONFIG_MAP') {
    throw new Error(
      "InvalidRequestException: The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] " +
        'to perform this operation.',
    );
  }
  // https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessEntry.html: no sessions, no groups
  if (!/^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/.+$/.test(String(inputs.principalArn)))
    throw new Error('InvalidParameterException: The specified principalArn is invalid: invalid principal.');
}

/** @throws {Error} what EKS refuses of a policy for an access entry */
export function checkAccessPolicy(resources: readonly Resource[], { inputs }: Wanted): void {
  const { clusterName, principalArn, policyArn } = inputs;
  const { type, namespaces = [] } = (inputs.accessScope ?? {}) as { type?: string; namespaces?: string[] };
  const entry = entryOf(resources, clusterName, principalArn);
  // https://docs.aws.amazon.com/eks/latest/APIReference/API_AssociateAccessPolicy.html
  if (!entry) {
    throw new Error(
      `ResourceNotFoundException: The specified principalArn could not be found. You can view your available access ` +
        "entries with 'list-access-entries'.",
    );
  }
  // https://github.com/aws-controllers-k8s/community/issues/2144
  if ((entry.inputs.type ?? 'STANDARD') !== 'STANDARD') {
    throw new Error(
      'InvalidParameterException: This operation can only be performed on Access Entries with a type of "STANDARD".',
    );
  }
  // https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
  if (!/^arn:aws[a-z-]*:eks::aws:cluster-access-policy\/Amazon[A-Za-z]+Policy$/.test(String(policyArn)))
    throw new Error('InvalidParameterException: The policyArn parameter format is not valid');
  // https://docs.aws.amazon.com/eks/latest/APIReference/API_AccessScope.html; the words are ours
  const right = type === 'cluster' ? namespaces.length === 0 : type === 'namespace' && namespaces.length > 0;
  if (right) return;
  throw new Error(
    `InvalidParameterException: accessScope ${JSON.stringify(inputs.accessScope)}: cluster without namespaces, or namespace with some`,
  );
}

function entryOf(resources: readonly Resource[], clusterName: unknown, principalArn: unknown) {
  return resources.find(
    ({ type, inputs }) =>
      type === ENTRY && inputs.clusterName === clusterName && inputs.principalArn === principalArn,
  );
}
