import * as z from 'zod';
import { arn, region, resourceId } from '../fields.ts';

/** What the cluster layer publishes. */
export const cluster = z.object({
  name: z.string().min(1).describe('the name of the EKS cluster'),
  version: z
    .string()
    .regex(/^1\.\d+$/, 'a Kubernetes minor version such as 1.33')
    .describe('the Kubernetes version'),
  region: region.describe('the AWS region of the cluster'),
  endpoint: z.url({ protocol: /^https$/ }).describe('the URL of the API server'),
  certificateAuthority: z.base64().min(1).describe("the API server's CA certificate, PEM in base64"),
  kubeconfig: z
    .string()
    .regex(/"kind":\s*"Config"/, 'a kubeconfig in JSON')
    .describe('a kubeconfig, as JSON, that asks the AWS CLI for a token and so holds no secret'),
  kubeconfigCommand: z
    .string()
    .startsWith('aws eks update-kubeconfig ')
    .describe('the command that adds this cluster to a kubeconfig'),
  clusterSecurityGroupId: resourceId('sg').describe(
    'the id of the security group that EKS made for the cluster',
  ),
  nodeRoleArn: arn('iam').describe('the ARN of the IAM role of the nodes'),
  nodeGroupName: z.string().min(1).describe('the name of the managed node group'),
  nodes: z
    .object({
      instanceType: z.string().min(1),
      amiType: z.string().min(1),
      desired: z.int().positive(),
      min: z.int().positive(),
      max: z.int().positive(),
      podsPerNode: z.int().positive(),
    })
    .describe('the size of the node group, and how many pods a node holds'),
});

/** Valid sample values, in the shape AWS gives. */
export const clusterExample: z.infer<typeof cluster> = {
  name: 'envoy-poc',
  version: '1.33',
  region: 'us-east-1',
  endpoint: 'https://0123456789ABCDEF0123456789ABCDEF.gr7.us-east-1.eks.amazonaws.com',
  certificateAuthority: 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==',
  kubeconfig: JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'envoy-poc',
    clusters: [{ name: 'envoy-poc', cluster: { server: 'https://127.0.0.1:6443' } }],
    contexts: [{ name: 'envoy-poc', context: { cluster: 'envoy-poc', user: 'envoy-poc' } }],
    users: [{ name: 'envoy-poc', user: {} }],
  }),
  kubeconfigCommand: 'aws eks update-kubeconfig --name envoy-poc --region us-east-1 --profile kubectl',
  clusterSecurityGroupId: 'sg-0d00000000000001a',
  nodeRoleArn: 'arn:aws:iam::123456789012:role/envoy_poc_node_role-1a2b3c4',
  nodeGroupName: 'envoy_poc_node_group-1a2b3c4',
  nodes: {
    instanceType: 't3.medium',
    amiType: 'AL2023_x86_64_STANDARD',
    desired: 2,
    min: 2,
    max: 4,
    podsPerNode: 17,
  },
};
