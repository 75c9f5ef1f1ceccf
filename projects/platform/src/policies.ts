import { controllerName, controllerNamespace } from '@envoy-poc/layers/platform';
import type { PolicyDocument } from '@pulumi/aws/iam/documents.js';

/** Where the controller works. */
export interface PolicyScope {
  /** Such as `aws`, or `aws-cn` in China. */
  partition: string;
  accountId: string;
  region: string;
  clusterName: string;
}

/** The scope of a cluster, by the ARN of something in its account. */
export function scopeOf(arn: string, region: string, clusterName: string): PolicyScope {
  const [, partition = '', , , accountId = ''] = arn.split(':');
  return { partition, accountId, region, clusterName };
}

/** The tag by which the controller knows what is its own; its value is the cluster's name. */
const CLUSTER_TAG = 'elbv2.k8s.aws/cluster';

/**
 * Lets EKS Pod Identity give the role to the controller's ServiceAccount in this cluster, and to nobody else.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
 */
export function trustPolicy({ clusterName }: PolicyScope) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'PodIdentity',
        Effect: 'Allow',
        Principal: { Service: 'pods.eks.amazonaws.com' },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: {
          StringEquals: {
            'aws:RequestTag/eks-cluster-name': clusterName,
            'aws:RequestTag/kubernetes-namespace': controllerNamespace,
            'aws:RequestTag/kubernetes-service-account': controllerName,
          },
        },
      },
    ],
  } satisfies PolicyDocument;
}

/**
 * What the controller may do: read what it needs to know, create Application Load Balancers that carry this cluster's
 * tag, and change or delete only those. Nothing of security groups (the network layer owns the rules), certificates,
 * WAF or Shield, which are switched off in it.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
 */
export function controllerPolicy({ partition, accountId, region, clusterName }: PolicyScope) {
  const loadBalancing = (path: string) =>
    `arn:${partition}:elasticloadbalancing:${region}:${accountId}:${path}`;
  const loadBalancers = loadBalancing('loadbalancer/app/*/*');
  const listeners = loadBalancing('listener/app/*/*/*');
  const rules = loadBalancing('listener-rule/app/*/*/*/*');
  const targetGroups = loadBalancing('targetgroup/*/*');
  const everything = [loadBalancers, listeners, rules, targetGroups];
  const asksForClusterTag = { [`aws:RequestTag/${CLUSTER_TAG}`]: clusterName };
  const hasClusterTag = { [`aws:ResourceTag/${CLUSTER_TAG}`]: clusterName };
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Read',
        Effect: 'Allow',
        Action: [
          'ec2:DescribeAccountAttributes',
          'ec2:DescribeAddresses',
          'ec2:DescribeAvailabilityZones',
          'ec2:DescribeInstances',
          'ec2:DescribeInternetGateways',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeRouteTables',
          'ec2:DescribeSecurityGroups',
          'ec2:DescribeSubnets',
          'ec2:DescribeTags',
          'ec2:DescribeVpcs',
          'ec2:GetSecurityGroupsForVpc',
          'elasticloadbalancing:DescribeCapacityReservation',
          'elasticloadbalancing:DescribeListenerAttributes',
          'elasticloadbalancing:DescribeListenerCertificates',
          'elasticloadbalancing:DescribeListeners',
          'elasticloadbalancing:DescribeLoadBalancerAttributes',
          'elasticloadbalancing:DescribeLoadBalancers',
          'elasticloadbalancing:DescribeRules',
          'elasticloadbalancing:DescribeTags',
          'elasticloadbalancing:DescribeTargetGroupAttributes',
          'elasticloadbalancing:DescribeTargetGroups',
          'elasticloadbalancing:DescribeTargetHealth',
        ],
        // These actions know no resources.
        Resource: '*',
        Condition: { StringEquals: { 'aws:RequestedRegion': region } },
      },
      {
        Sid: 'CreateWithItsTag',
        Effect: 'Allow',
        Action: [
          'elasticloadbalancing:CreateListener',
          'elasticloadbalancing:CreateLoadBalancer',
          'elasticloadbalancing:CreateRule',
          'elasticloadbalancing:CreateTargetGroup',
        ],
        Resource: everything,
        Condition: { StringEquals: asksForClusterTag },
      },
      {
        Sid: 'TagWhatIsCreated',
        Effect: 'Allow',
        Action: ['elasticloadbalancing:AddTags'],
        Resource: everything,
        Condition: {
          StringEquals: {
            ...asksForClusterTag,
            'elasticloadbalancing:CreateAction': [
              'CreateLoadBalancer',
              'CreateTargetGroup',
              'CreateListener',
              'CreateRule',
            ],
          },
        },
      },
      {
        Sid: 'TagItsOwnButNotWhoseItIs',
        Effect: 'Allow',
        Action: ['elasticloadbalancing:AddTags', 'elasticloadbalancing:RemoveTags'],
        Resource: everything,
        Condition: {
          StringEquals: hasClusterTag,
          'ForAllValues:StringNotEquals': { 'aws:TagKeys': [CLUSTER_TAG] },
        },
      },
      {
        Sid: 'ChangeAndDeleteItsOwn',
        Effect: 'Allow',
        Action: [
          'elasticloadbalancing:DeleteListener',
          'elasticloadbalancing:DeleteLoadBalancer',
          'elasticloadbalancing:DeleteRule',
          'elasticloadbalancing:DeleteTargetGroup',
          'elasticloadbalancing:DeregisterTargets',
          'elasticloadbalancing:ModifyListener',
          'elasticloadbalancing:ModifyListenerAttributes',
          'elasticloadbalancing:ModifyLoadBalancerAttributes',
          'elasticloadbalancing:ModifyRule',
          'elasticloadbalancing:ModifyTargetGroup',
          'elasticloadbalancing:ModifyTargetGroupAttributes',
          'elasticloadbalancing:RegisterTargets',
          'elasticloadbalancing:SetIpAddressType',
          'elasticloadbalancing:SetRulePriorities',
          'elasticloadbalancing:SetSecurityGroups',
          'elasticloadbalancing:SetSubnets',
        ],
        Resource: everything,
        Condition: { StringEquals: hasClusterTag },
      },
      {
        // Once in the life of an account, with its first load balancer.
        Sid: 'CreateServiceLinkedRole',
        Effect: 'Allow',
        Action: ['iam:CreateServiceLinkedRole'],
        Resource: `arn:${partition}:iam::${accountId}:role/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing`,
        Condition: { StringEquals: { 'iam:AWSServiceName': 'elasticloadbalancing.amazonaws.com' } },
      },
    ],
  } satisfies PolicyDocument;
}
