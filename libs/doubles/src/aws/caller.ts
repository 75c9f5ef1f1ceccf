import { ACCOUNT_ID } from './shapes.ts';

/** Who calls AWS: `REHEARSE_CALLER_ARN` (a user, or the session of a role), or the user `rehearsal`. */
export function callerArn(): string {
  return process.env.REHEARSE_CALLER_ARN || `arn:aws:iam::${ACCOUNT_ID}:user/rehearsal`;
}

/**
 * The principal behind a caller: for the session of a role the role, for IAM Identity Center's with its path
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html).
 */
export function principalOf(arn: string): string {
  const [, account, role = ''] = /^arn:aws:sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn) ?? [];
  if (!account) return arn;
  const path = role.startsWith('AWSReservedSSO_') ? 'aws-reserved/sso.amazonaws.com/' : '';
  return `arn:aws:iam::${account}:role/${path}${role}`;
}
