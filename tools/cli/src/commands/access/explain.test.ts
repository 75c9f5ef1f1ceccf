import { clusterConfig } from '@envoy-poc/layers/cluster';
import { describe, expect, test } from 'vitest';
import { explainRefusal, type Refusal } from './explain.ts';
import { isRole, likelyArn, principalOf } from './principal.ts';

const name = 'AWSReservedSSO_K8s_0123456789abcdef';
const caller = `arn:aws:sts::123456789012:assumed-role/${name}/me@example.com`;
const whole = `arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/${name}`;
const bare = `arn:aws:iam::123456789012:role/${name}`;

const place = {
  ...{ name: 'envoy-poc', region: 'us-east-1', profile: 'k8s', deployProfile: 'deployer' },
  ...{ admins: [] as string[], namespace: 'envoy-poc' },
};
const refusal: Refusal = {
  ...{ stack: 'dev', place, callerArn: caller, roleArn: whole, ssoRegion: 'eu-west-1', entries: [] },
};
const explain = (changes: Partial<Refusal>, admins: string[] = []) =>
  explainRefusal({ ...refusal, ...changes, place: { ...place, admins } });
const set = (index: number, arn = whole) =>
  `pulumi config set --path 'cluster:adminPrincipalArns[${index}]' ${arn} --stack dev`;

describe('why somebody is not let in', () => {
  test('named nowhere', () => {
    const { status, seen, next } = explain({}, [bare.replace(name, 'other')]);
    expect(status).toBe('fail');
    expect(seen).toBe(`the API server does not let ${caller} in: no access entry names ${whole}`);
    expect(next).toBe(
      `(cd projects/cluster && ${set(1)})\nnpx nx run cluster:deploy --stack dev\nnpx envoy-poc access --stack dev --profile k8s`,
    );
  });

  test('configured without the path', () => {
    const { seen, next } = explain({}, ['arn:aws:iam::123456789012:user/a', bare]);
    expect(seen).toContain(
      `cluster:adminPrincipalArns[1] is ${bare}, and the whole ARN of the role is ${whole}`,
    );
    expect(next).toContain(set(1));
  });

  test('configured, and not deployed', () => {
    const { seen, next } = explain({}, [whole]);
    expect(seen).toContain('names it, and that is not deployed yet');
    expect(next).toBe(
      'npx nx run cluster:deploy --stack dev\nnpx envoy-poc access --stack dev --profile k8s',
    );
    expect(explain({ entries: undefined }, [whole]).seen).toContain(
      'whether that is deployed cannot be seen (eks:ListAccessEntries is not allowed)',
    );
  });

  test('an entry that does not work', () => {
    const { seen, next } = explain({ entries: [whole] }, [whole]);
    expect(seen).toContain(`there is an access entry for ${whole}`);
    expect(next).toContain(
      `aws eks delete-access-entry --cluster-name envoy-poc --principal-arn ${whole} --region us-east-1 --profile deployer\nnpx nx run cluster:deploy --stack dev`,
    );
    expect(explain({ entries: [whole] }).next).toContain(set(0));
  });

  test('a role that nobody may look up', () => {
    const { seen, next } = explain({ roleArn: undefined });
    expect(next).toContain(set(0));
    expect(seen).toContain(
      `its path could not be looked up (iam:GetRole is not allowed), compare with: aws iam get-role --role-name ${name} --query Role.Arn --output text --profile deployer`,
    );
    // An access entry tells it too.
    const known = explain({ roleArn: undefined, entries: [whole.replace('eu-west-1/', 'sa-east-1/')] });
    expect(known.seen).toContain('there is an access entry for');
    expect(known.seen).not.toContain('GetRole');
  });

  test('a user, and somebody whom no entry can name', () => {
    const user = 'arn:aws:iam::123456789012:user/team/me';
    expect(explain({ callerArn: user, roleArn: undefined }).next).toContain(set(0, user));
    expect(explain({ callerArn: user, roleArn: undefined }).seen).not.toContain('GetRole');
    const root = explain({ callerArn: 'arn:aws:iam::123456789012:root' });
    expect(root.seen).toContain('neither a role nor a user');
  });

  test('what is printed to be configured is what the cluster layer takes', () => {
    const list = clusterConfig.shape.adminPrincipalArns;
    for (const arn of [whole, bare.replace(name, 'engineer'), 'arn:aws:iam::123456789012:user/team/me'])
      expect(list.parse([arn])).toEqual([arn]);
    for (const arn of [caller, bare]) expect(list.safeParse([arn]).success, arn).toBe(false);
  });
});

test('the whole ARN of a role of IAM Identity Center', () => {
  const principal = principalOf(caller);
  if (principal.kind !== 'role') throw new Error('no role');
  expect(likelyArn(principal, 'eu-west-1')).toBe(whole);
  expect(likelyArn(principal, 'us-east-1')).toBe(whole.replace('eu-west-1/', ''));
  expect(likelyArn({ ...principal, name: 'engineer' }, 'eu-west-1')).toBe(
    'arn:aws:iam::123456789012:role/engineer',
  );
  expect([whole, bare].every((arn) => isRole(arn, principal))).toBe(true);
  expect(isRole(`${bare}x`, principal)).toBe(false);
  expect(isRole(whole.replace('123456789012', '999999999999'), principal)).toBe(false);
  const china = principalOf('arn:aws-cn:sts::123456789012:assumed-role/a/b');
  expect(china).toEqual({ kind: 'role', arnPrefix: 'arn:aws-cn:iam::123456789012:role/', name: 'a' });
});
