import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { kinds } from './kinds/index.ts';
import { leaveInMocks } from './testing/leave-in-mocks.ts';
import { mockAccount } from './testing/mocks.ts';
import { workspaceOf } from './testing/workspace.ts';

const mocks = mockAccount();
beforeEach(() => mocks.reset());
afterAll(() => mocks.restore());

const kindIds = kinds.map(({ id }) => id);

/** What is said of each kind when one is left: ids, and commands without `aws`, region and profile. */
const left: Record<string, { ids: string[]; commands: string[] }> = {
  'load-balancers': {
    ids: ['lb-dev'],
    commands: [
      'elbv2 delete-load-balancer --load-balancer-arn lb-dev',
      'elbv2 wait load-balancers-deleted --load-balancer-arns lb-dev',
    ],
  },
  'target-groups': { ids: ['tg-dev'], commands: ['elbv2 delete-target-group --target-group-arn tg-dev'] },
  'node-groups': {
    ids: ['group-dev'],
    commands: [
      'eks delete-nodegroup --cluster-name envoy-poc --nodegroup-name group-dev',
      'eks wait nodegroup-deleted --cluster-name envoy-poc --nodegroup-name group-dev',
    ],
  },
  clusters: {
    ids: ['envoy-poc'],
    commands: ['eks delete-cluster --name envoy-poc', 'eks wait cluster-deleted --name envoy-poc'],
  },
  instances: {
    ids: ['i-dev'],
    commands: [
      'ec2 terminate-instances --instance-ids i-dev',
      'ec2 wait instance-terminated --instance-ids i-dev',
    ],
  },
  volumes: { ids: ['vol-dev'], commands: ['ec2 delete-volume --volume-id vol-dev'] },
  'launch-templates': {
    ids: ['lt-dev'],
    commands: ['ec2 delete-launch-template --launch-template-id lt-dev'],
  },
  'flow-logs': { ids: ['fl-dev'], commands: ['ec2 delete-flow-logs --flow-log-ids fl-dev'] },
  'nat-gateways': {
    ids: ['nat-dev'],
    commands: [
      'ec2 delete-nat-gateway --nat-gateway-id nat-dev',
      'ec2 wait nat-gateway-deleted --nat-gateway-ids nat-dev',
    ],
  },
  'elastic-ips': { ids: ['eipalloc-dev'], commands: ['ec2 release-address --allocation-id eipalloc-dev'] },
  'network-interfaces': {
    ids: ['eni-dev', 'eni-held'],
    commands: [
      'ec2 detach-network-interface --force --attachment-id eni-attach-1',
      'ec2 wait network-interface-available --network-interface-ids eni-held',
      'ec2 delete-network-interface --network-interface-id eni-dev',
      'ec2 delete-network-interface --network-interface-id eni-held',
    ],
  },
  'security-groups': {
    ids: ['sg-dev', 'sg-eks'],
    commands: [
      'ec2 revoke-security-group-ingress --group-id sg-dev --security-group-rule-ids sgr-1',
      'ec2 revoke-security-group-egress --group-id sg-dev --security-group-rule-ids sgr-2',
      'ec2 delete-security-group --group-id sg-dev',
      'ec2 delete-security-group --group-id sg-eks',
    ],
  },
  'internet-gateways': {
    ids: ['igw-dev'],
    commands: [
      'ec2 detach-internet-gateway --internet-gateway-id igw-dev --vpc-id vpc-dev',
      'ec2 delete-internet-gateway --internet-gateway-id igw-dev',
    ],
  },
  subnets: { ids: ['subnet-dev'], commands: ['ec2 delete-subnet --subnet-id subnet-dev'] },
  'route-tables': { ids: ['rtb-dev'], commands: ['ec2 delete-route-table --route-table-id rtb-dev'] },
  vpcs: { ids: ['vpc-dev'], commands: ['ec2 delete-vpc --vpc-id vpc-dev'] },
  'log-groups': {
    ids: ['/aws/eks/envoy-poc/cluster', 'envoy_poc_flow_logs-dev'],
    commands: [
      'logs delete-log-group --log-group-name /aws/eks/envoy-poc/cluster',
      'logs delete-log-group --log-group-name envoy_poc_flow_logs-dev',
    ],
  },
  repositories: {
    ids: ['cfndev-envoy-proxy-poc-dev'],
    commands: ['ecr delete-repository --force --repository-name cfndev-envoy-proxy-poc-dev'],
  },
  'kms-keys': {
    ids: ['key-dev'],
    commands: [
      'kms delete-alias --alias-name alias/x-dev',
      'kms schedule-key-deletion --pending-window-in-days 7 --key-id key-dev',
    ],
  },
  'oidc-providers': {
    ids: ['oidc-dev'],
    commands: ['iam delete-open-id-connect-provider --open-id-connect-provider-arn oidc-dev'],
  },
  roles: {
    ids: ['envoy_poc_role-dev'],
    commands: [
      'iam detach-role-policy --policy-arn arn:aws:iam::aws:policy/Any --role-name envoy_poc_role-dev',
      "iam delete-role-policy --policy-name 'with space' --role-name envoy_poc_role-dev",
      'iam remove-role-from-instance-profile --instance-profile-name eks-1 --role-name envoy_poc_role-dev',
      'iam delete-role --role-name envoy_poc_role-dev',
    ],
  },
  policies: {
    ids: ['policy-dev'],
    commands: [
      'iam delete-policy-version --version-id v1 --policy-arn policy-dev',
      'iam delete-policy --policy-arn policy-dev',
    ],
  },
};

describe('an account where one of each kind is left, and one of another stack', () => {
  const where = ' --region us-east-1 --profile set-cfndev-ina-a';

  test.each(kindIds)('%s', async (id) => {
    leaveInMocks(mocks);
    const { report } = await workspaceOf();
    const { code, seen, next } = await report();
    expect(code).toBe(1);
    expect(seen[id]).toBe(`fail ${left[id]?.ids.join('\n')}`);
    expect(next[id]).toBe(left[id]?.commands.map((words) => `aws ${words}${where}`).join('\n'));
  });

  test('the other stack is never named, and nothing is deleted', async () => {
    leaveInMocks(mocks);
    const { run } = await workspaceOf();
    const { code, stdout } = await run();
    expect(code).toBe(1);
    expect(stdout).not.toMatch(/staging|other/);
    for (const word of ['eni-of-nat', 'vol-of-instance', 'sg-default', 'rtb-main', 'key-going', 'somebody']) {
      expect(stdout).not.toContain(word);
    }
    expect(mocks.asked().filter((name) => !/^(Describe|List|GetCallerIdentity)/.test(name))).toEqual([]);
    // In one piece, to paste.
    expect(stdout.split('This removes it, in this order:\n\n')[1]?.trim().split('\n')).toEqual(
      kindIds.flatMap((id) => left[id]?.commands.map((words) => `aws ${words}${where}`) ?? []),
    );
  });

  test('in another region', async () => {
    leaveInMocks(mocks);
    const { report } = await workspaceOf();
    expect((await report('--region', 'eu-west-1')).next.vpcs).toBe(
      'aws ec2 delete-vpc --vpc-id vpc-dev --region eu-west-1 --profile set-cfndev-ina-a',
    );
  });
});
