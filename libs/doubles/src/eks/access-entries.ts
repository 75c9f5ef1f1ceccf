import * as awsEks from '@pulumi/aws/eks/index.js';
import * as pulumi from '@pulumi/pulumi';

interface Entry {
  principalArn: pulumi.Input<string>;
  accessPolicies?: Record<string, awsEks.AccessPolicyAssociationArgs>;
  kubernetesGroups?: pulumi.Input<string[]>;
  username?: pulumi.Input<string>;
  type?: pulumi.Input<string>;
}

/**
 * An access entry for each, with an association for each of its policies (`createAccessEntries` in
 * https://github.com/pulumi/pulumi-eks/blob/v4.3.0/nodejs/eks/cluster/authenticationMode.ts).
 */
export function createAccessEntries(
  name: string,
  cluster: awsEks.Cluster,
  entries: Record<string, Entry> | undefined,
  options: pulumi.CustomResourceOptions,
): awsEks.AccessEntry[] {
  return Object.entries(entries ?? {}).map(([key, { accessPolicies, username, ...rest }]) => {
    const clusterName = cluster.name;
    const entry = new awsEks.AccessEntry(
      `${name}-${key}`,
      { ...rest, clusterName, ...(username !== undefined && { userName: username }) },
      { ...options, dependsOn: [cluster] },
    );
    for (const [policy, association] of Object.entries(accessPolicies ?? {})) {
      const { accessScope, policyArn } = association;
      new awsEks.AccessPolicyAssociation(
        `${name}-${key}-${policy}`,
        { accessScope, principalArn: rest.principalArn, policyArn, clusterName },
        { ...options, parent: entry, dependsOn: [entry] },
      );
    }
    return entry;
  });
}

/** @throws {Error} when the entries are outputs: the component takes their names at once, and finds those of an output */
export function checkEntries(entries: object | undefined): void {
  if (!pulumi.Output.isInstance(entries) && !Object.values(entries ?? {}).some(pulumi.Output.isInstance))
    return;
  throw new Error('eks.Cluster: accessEntries and each of them must be known at once, not outputs');
}
