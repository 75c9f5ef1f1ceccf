import { expect, test } from 'vitest';
import { ownTags, refusal, runCluster, standing } from './testing.ts';

const person =
  'arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef';
const session = 'arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/jo@example.com';
const ci = 'arn:aws:iam::123456789012:role/deploy';
const ciSession = 'arn:aws:sts::123456789012:assumed-role/deploy/GitHubActions';
const adminPrincipalArns = [person, ci];

const caller = (arn: string) => ({ 'aws:index/getCallerIdentity:getCallerIdentity': () => ({ arn }) });

async function entriesOf(...args: Parameters<typeof runCluster>) {
  const { resource, notes } = await runCluster(...args);
  const entries = resource('envoy_poc_eks_cluster').inputs.accessEntries as Record<
    string,
    { principalArn: string }
  >;
  return { principals: Object.values(entries).map(({ principalArn }) => principalArn), notes };
}

test.each([
  ['a person with an SSO session', session, person, ci],
  ['CI', ciSession, ci, person],
])(
  '%s who makes the cluster gets no entry, as EKS makes that one itself, and is told so',
  async (_, arn, creator, other) => {
    const { principals, notes } = await entriesOf({ adminPrincipalArns }, caller(arn));
    expect(principals).toEqual([other]);
    expect(notes.join('\n')).toContain(
      `${creator} makes the cluster, so EKS makes it an administrator by itself; no access entry is made for it`,
    );
  },
);

test.each([
  ['the same person', session],
  ['CI in turn', ciSession],
])('on a cluster that a person made, %s leaves the same one out and the other in', async (_, arn) => {
  const entries = { [person]: {}, [ci]: ownTags };
  const { principals, notes } = await entriesOf(
    { adminPrincipalArns },
    { ...caller(arn), ...standing({ entries }) },
  );
  expect(principals).toEqual([ci]);
  expect(notes.join('\n')).toContain(`${person} has an access entry already that this layer did not make`);
});

test('on a cluster that stands, whoever is new to the list gets an entry, and the caller too', async () => {
  const { principals } = await entriesOf(
    { adminPrincipalArns },
    { ...caller(ciSession), ...standing({ entries: {} }) },
  );
  expect(principals).toEqual(adminPrincipalArns);
});

test('a role of the same name in another account, and a user of the name of a role, are others', async () => {
  const others = ['arn:aws:iam::999999999999:role/deploy', 'arn:aws:iam::123456789012:user/deploy'];
  expect((await entriesOf({ adminPrincipalArns: others }, caller(ciSession))).principals).toEqual(others);
  const user = 'arn:aws:iam::123456789012:user/people/jo';
  expect((await entriesOf({ adminPrincipalArns: [user] }, caller(user))).principals).toEqual([]);
});

test('a question that AWS does not answer ends the run with the action that is missing', async () => {
  const denied = () => {
    throw refusal('operation error EKS: DescribeAccessEntry, StatusCode: 403, AccessDeniedException: no');
  };
  await expect(
    runCluster({ adminPrincipalArns }, { ...standing({}), 'aws:eks/getAccessEntry:getAccessEntry': denied }),
  ).rejects.toThrow(/eks:DescribeAccessEntry/);
});
