import { expect, test } from 'vitest';
import { controllerPolicy, scopeOf, trustPolicy } from './policies.ts';

const scope = scopeOf('arn:aws:iam::123456789012:role/nodes', 'eu-west-1', 'envoy-poc');
const statements = controllerPolicy(scope).Statement.map((statement) => ({
  ...statement,
  Resource: [statement.Resource].flat(),
}));

test('the scope is that of the cluster', () => {
  expect(scope).toEqual({
    partition: 'aws',
    accountId: '123456789012',
    region: 'eu-west-1',
    clusterName: 'envoy-poc',
  });
});

test('no action is a wildcard, and none is allowed twice without need', () => {
  const actions = statements.flatMap(({ Action }) => Action);
  for (const action of actions) expect(action).toMatch(/^(ec2|elasticloadbalancing|iam):[A-Z][A-Za-z]+$/);
  const twice = actions.filter((action, i) => actions.indexOf(action) !== i);
  expect(twice).toEqual(['elasticloadbalancing:AddTags']);
});

test('only reading is allowed on every resource, and only in the region of the cluster', () => {
  const unbound = statements.filter(({ Resource }) => Resource.includes('*'));
  expect(unbound).toHaveLength(1);
  for (const { Action, Condition } of unbound) {
    for (const action of Action) expect(action).toMatch(/:(Describe|Get)[A-Z]/);
    expect(Condition).toEqual({ StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } });
  }
});

test('what is written lies in this account and region, and is no network load balancer', () => {
  for (const resource of statements.flatMap(({ Resource }) => Resource).filter((r) => r !== '*')) {
    expect(resource).toMatch(/^arn:aws:(elasticloadbalancing:eu-west-1|iam:):123456789012:/);
    expect(resource).not.toMatch(/\/net\//);
  }
});

const tag = 'elbv2.k8s.aws/cluster';

test.each([
  ['Create', `aws:RequestTag/${tag}`],
  ['Delete', `aws:ResourceTag/${tag}`],
  ['Modify', `aws:ResourceTag/${tag}`],
  ['Set', `aws:ResourceTag/${tag}`],
  ['Register', `aws:ResourceTag/${tag}`],
  ['Deregister', `aws:ResourceTag/${tag}`],
])('%s… needs the tag of the cluster', (verb, key) => {
  const concerned = statements.filter(({ Action }) =>
    Action.some((action) => action.startsWith(`elasticloadbalancing:${verb}`)),
  );
  expect(concerned).not.toEqual([]);
  for (const { Condition } of concerned) {
    expect(Condition).toMatchObject({ StringEquals: { [key]: 'envoy-poc' } });
  }
});

test('tags come with a creation, or go on its own, but never say whose it is anew', () => {
  const [onCreate, later] = statements.filter(({ Action }) =>
    Action.includes('elasticloadbalancing:AddTags'),
  );
  expect(onCreate?.Condition.StringEquals).toMatchObject({
    [`aws:RequestTag/${tag}`]: 'envoy-poc',
    'elasticloadbalancing:CreateAction': expect.arrayContaining(['CreateLoadBalancer', 'CreateRule']),
  });
  expect(later?.Condition).toEqual({
    StringEquals: { [`aws:ResourceTag/${tag}`]: 'envoy-poc' },
    'ForAllValues:StringNotEquals': { 'aws:TagKeys': [tag] },
  });
});

test('only EKS for the ServiceAccount of the controller in this cluster may take the role', () => {
  expect(trustPolicy(scope).Statement).toEqual([
    expect.objectContaining({
      Principal: { Service: 'pods.eks.amazonaws.com' },
      Condition: {
        StringEquals: {
          'aws:RequestTag/eks-cluster-name': 'envoy-poc',
          'aws:RequestTag/kubernetes-namespace': 'kube-system',
          'aws:RequestTag/kubernetes-service-account': 'aws-load-balancer-controller',
        },
      },
    }),
  ]);
});

test('in China it is the partition of China', () => {
  const china = scopeOf('arn:aws-cn:iam::123456789012:role/nodes', 'cn-north-1', 'envoy-poc');
  expect(JSON.stringify(controllerPolicy(china))).not.toContain('arn:aws:');
});

test('it fits into a role', () => {
  // Quota of all inline policies of a role, in characters without white space.
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  expect(JSON.stringify(controllerPolicy(scope)).length).toBeLessThan(10_240);
});
