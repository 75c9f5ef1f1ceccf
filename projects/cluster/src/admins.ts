import { getCallerIdentity } from '@pulumi/aws/getCallerIdentity.js';
import type { InvokeOptions } from '@pulumi/pulumi';
import { findAccessEntry } from './standing.ts';

/** Who gets an access entry of this layer, and why somebody does not, in words. */
export interface Admins {
  readonly principalArns: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Takes those out of the list who are administrators already. EKS makes an entry for whoever creates a cluster (the EKS
 * component always asks for that), and refuses a second one for the same principal with a 409, ten minutes later.
 *
 * On a cluster that is not there yet that is the caller. On one that stands it may have been somebody else, so EKS is
 * asked: an entry without this layer's tags is none of this layer's.
 */
export async function adminsOf(
  { name, adminPrincipalArns }: { name: string; adminPrincipalArns: readonly string[] },
  cluster: { stands: boolean; tags: Readonly<Record<string, string>> },
  options: InvokeOptions,
): Promise<Admins> {
  if (adminPrincipalArns.length === 0) return { principalArns: [], notes: [] };
  const caller = cluster.stands ? undefined : (await getCallerIdentity({}, options)).arn;
  const principalArns: string[] = [];
  const notes: string[] = [];
  for (const principalArn of adminPrincipalArns) {
    if (caller !== undefined && isCaller(principalArn, caller)) {
      notes.push(
        `${principalArn} makes the cluster, so EKS makes it an administrator by itself; no access entry is made for it.`,
      );
      continue;
    }
    const tags = cluster.stands ? await findAccessEntry(name, principalArn, options) : undefined;
    if (tags && !Object.entries(cluster.tags).every(([key, value]) => tags[key] === value)) {
      notes.push(
        `${principalArn} has an access entry already that this layer did not make, as whoever made the cluster has; it is left as it is.`,
      );
      continue;
    }
    principalArns.push(principalArn);
  }
  return { principalArns, notes };
}

/**
 * Whether a principal is the caller, by the caller's ARN. That of a role's session lacks the role's path, which those of
 * IAM Identity Center have; names of roles are unique in an account all the same
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns).
 */
function isCaller(principalArn: string, callerArn: string): boolean {
  if (principalArn === callerArn) return true;
  const session = /^arn:aws[a-z-]*:sts::(?<account>\d{12}):assumed-role\/(?<name>[^/]+)/.exec(callerArn);
  const role = /^arn:aws[a-z-]*:iam::(?<account>\d{12}):role\/(?:.*\/)?(?<name>[^/]+)$/.exec(principalArn);
  return (
    session?.groups !== undefined &&
    session.groups.account === role?.groups?.account &&
    session.groups.name === role?.groups?.name
  );
}
