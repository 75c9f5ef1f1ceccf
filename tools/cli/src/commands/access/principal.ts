/** An IAM principal as an access entry names it, as far as the caller's ARN tells. */
export type Principal =
  | { readonly kind: 'role'; readonly arnPrefix: string; readonly name: string }
  | { readonly kind: 'user'; readonly arn: string }
  | { readonly kind: 'none'; readonly why: string };

/**
 * Whom an access entry has to name for a caller.
 *
 * @param callerArn as `aws sts get-caller-identity` says
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
 */
export function principalOf(callerArn: string): Principal {
  const role = /^(?<head>arn:aws[a-z-]*):sts::(?<account>\d{12}):assumed-role\/(?<name>[^/]+)\//.exec(
    callerArn,
  );
  if (role?.groups) {
    const { head, account, name = '' } = role.groups;
    return { kind: 'role', arnPrefix: `${head}:iam::${account}:role/`, name };
  }
  if (/^arn:aws[a-z-]*:iam::\d{12}:user\//.test(callerArn)) return { kind: 'user', arn: callerArn };
  return {
    kind: 'none',
    why: `${callerArn} is neither a role nor a user, and an access entry names only these`,
  };
}

/** Whether an ARN is a role's of this name, whatever its path. */
export function isRole(arn: string, { arnPrefix, name }: Extract<Principal, { kind: 'role' }>): boolean {
  return arn.startsWith(arnPrefix) && arn.slice(arnPrefix.length).split('/').at(-1) === name;
}

/**
 * The likely whole ARN of a role whose path nobody tells. Roles of IAM Identity Center have a path, which names its
 * region, but for us-east-1 (https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html).
 *
 * @param ssoRegion of the profile
 */
export function likelyArn(
  { arnPrefix, name }: Extract<Principal, { kind: 'role' }>,
  ssoRegion: string | undefined,
): string {
  if (!name.startsWith('AWSReservedSSO_')) return `${arnPrefix}${name}`;
  const region = ssoRegion === undefined || ssoRegion === 'us-east-1' ? '' : `${ssoRegion}/`;
  return `${arnPrefix}aws-reserved/sso.amazonaws.com/${region}${name}`;
}
