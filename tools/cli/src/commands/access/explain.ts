import { deployCommand } from '@envoy-poc/layers';
import { fail, type Outcome } from '#runtime';
import type { ClusterPlace } from './context.ts';
import { isRole, likelyArn, principalOf } from './principal.ts';

/** What is known when the API server does not take a token. */
export interface Refusal {
  readonly stack: string;
  readonly place: ClusterPlace;
  /** Who AWS says the caller is. */
  readonly callerArn: string;
  /** The caller's role with its path; undefined: nobody may tell. */
  readonly roleArn: string | undefined;
  /** The region of the profile's SSO, which is in a role's path. */
  readonly ssoRegion: string | undefined;
  /** Whom the cluster's access entries name; undefined: nobody may tell. */
  readonly entries: readonly string[] | undefined;
}

/**
 * Why EKS does not let somebody in, and what lets them in. An access entry names a role by its whole ARN, with the path,
 * which a caller's own ARN does not show; EKS refuses one that does not exist
 * (https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html).
 */
export function explainRefusal(refusal: Refusal): Outcome {
  const { stack, place, callerArn, entries } = refusal;
  const principal = principalOf(callerArn);
  if (principal.kind === 'none') {
    return fail(
      `the API server does not let you in: ${principal.why}`,
      `choose a profile of a role: ${again(refusal)}`,
    );
  }
  const arn =
    principal.kind === 'user'
      ? principal.arn
      : (refusal.roleArn ??
        entries?.find((entry) => isRole(entry, principal)) ??
        likelyArn(principal, refusal.ssoRegion));
  const same = (other: string) => (principal.kind === 'user' ? other === arn : isRole(other, principal));
  const deploy = `${deployCommand('cluster', stack)}\n${again(refusal)}`;
  const set = (index: number) =>
    `(cd projects/cluster && pulumi config set --path 'cluster:adminPrincipalArns[${index}]' ${arn} --stack ${stack})\n${deploy}`;
  const seen = (why: string) => `the API server does not let ${callerArn} in: ${why}${doubt(refusal, arn)}`;

  if (entries?.includes(arn)) {
    const region = `--region ${place.region}${profileWord(place)}`;
    return fail(
      seen(
        `there is an access entry for ${arn}. It may be a minute too new; or the role was deleted and made again since, ` +
          'and an entry does not outlive its role',
      ),
      `${again(refusal)}\nin the second case first: aws eks delete-access-entry --cluster-name ${place.name} --principal-arn ${arn} ${region}\n` +
        (place.admins.includes(arn) ? deployCommand('cluster', stack) : set(place.admins.length)),
    );
  }
  if (place.admins.includes(arn)) {
    const why =
      entries === undefined
        ? 'cluster:adminPrincipalArns names it; whether that is deployed cannot be seen (eks:ListAccessEntries is not allowed)'
        : 'cluster:adminPrincipalArns names it, and that is not deployed yet';
    return fail(seen(why), deploy);
  }
  const wrong = place.admins.findIndex(same);
  if (wrong >= 0) {
    return fail(
      seen(
        `cluster:adminPrincipalArns[${wrong}] is ${place.admins[wrong]}, and the whole ARN of the role is ${arn}`,
      ),
      set(wrong),
    );
  }
  return fail(seen(`no access entry names ${arn}`), set(place.admins.length));
}

const again = ({ stack, place }: Refusal) =>
  `npx envoy-poc access --stack ${stack} --profile ${place.profile}`;

const profileWord = ({ deployProfile }: ClusterPlace) =>
  deployProfile === undefined ? '' : ` --profile ${deployProfile}`;

/** What is not known for sure about an ARN. */
function doubt({ callerArn, roleArn, entries, place }: Refusal, arn: string): string {
  const principal = principalOf(callerArn);
  if (principal.kind !== 'role' || roleArn !== undefined || entries?.includes(arn)) return '';
  return (
    `\nits path could not be looked up (iam:GetRole is not allowed), compare with: ` +
    `aws iam get-role --role-name ${principal.name} --query Role.Arn --output text${profileWord(place)}`
  );
}
