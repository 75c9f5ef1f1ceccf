import { exampleOf, projectFileOf } from '@envoy-poc/layers';
import { type LayerRun, type LayerRunOptions, runLayer } from '@envoy-poc/layers/testing';
import cluster from './index.ts';

export const project = projectFileOf(`${import.meta.dirname}/..`);
export const network = exampleOf('network');

export const getSecurityGroup = 'aws:ec2/getSecurityGroup:getSecurityGroup';

/** What EKS gives once the remote components are done; under mocks they show only what went in. */
export const eksCluster = {
  endpoint: 'https://0123.gr7.us-east-1.eks.amazonaws.com',
  certificateAuthority: { data: 'Q0VSVA==' },
  vpcConfig: { clusterSecurityGroupId: 'sg-0d00000000000001a' },
};

type Answers = NonNullable<LayerRunOptions['answers']>;

/** An account in which no cluster stands. */
const emptyAccount: Answers = {
  [getSecurityGroup]: ({ id }) => ({ id, name: 'plain', tags: {} }),
  'aws:eks/getClusters:getClusters': () => ({ names: [] }),
  'aws:index/getCallerIdentity:getCallerIdentity': () => ({ arn: 'arn:aws:iam::123456789012:user/me' }),
};

/** Runs the layer's program, in an account that answers as one where nothing stands, and as `answers` say. */
export function runCluster(
  config: Record<string, unknown> = {},
  answers: Answers = {},
  replace: Partial<LayerRunOptions> = {},
): Promise<LayerRun> {
  return runLayer(cluster, {
    project,
    config,
    published: { network },
    state: ({ type, name }) => {
      if (type === 'eks:index:Cluster') return { eksCluster };
      if (type === 'eks:index:ManagedNodeGroup') return { nodeGroup: { nodeGroupName: `${name}-1a2b3c4` } };
      if (type === 'aws:ec2/launchTemplate:LaunchTemplate') return { latestVersion: 3 };
      return {};
    },
    answers: { ...emptyAccount, ...answers },
    ...replace,
  });
}

/** An error of a provider function, as the engine hands it on. */
export const refusal = (details: string) => Object.assign(new Error(), { details });

/** A cluster that stands, as EKS describes it. */
export interface StandingCluster {
  version?: string;
  /** The stack that made it. */
  stack?: string;
  addons?: Record<string, string>;
  /** The versions of its node groups, by name; one that is where the cluster is unless said otherwise. */
  nodeGroups?: Record<string, string>;
  /** Tags of its access entries, by principal; those that EKS made have none. */
  entries?: Record<string, Record<string, string>>;
}

/** The tags of what this layer makes, as the provider sets them. */
export const ownTags = { project: 'envoy-poc', layer: 'cluster', stack: 'dev' };

/** What an account answers in which envoy-poc stands, made by this stack unless said otherwise. */
export function standing({
  version = '1.33',
  stack,
  addons,
  nodeGroups = { nodes: version },
  entries = {},
}: StandingCluster): Answers {
  const versions: Record<string, string> = addons ?? {
    'vpc-cni': 'v1.21.1-eksbuild.3',
    'kube-proxy': 'v1.33.8-eksbuild.4',
    coredns: 'v1.13.2-eksbuild.1',
    'eks-pod-identity-agent': 'v1.3.10-eksbuild.2',
  };
  const found = <T>(value: T | undefined, what: string): T => {
    if (value === undefined) throw refusal(`reading ${what}: couldn't find resource`);
    return value;
  };
  return {
    'aws:eks/getClusters:getClusters': () => ({ names: ['other', 'envoy-poc'] }),
    'aws:eks/getCluster:getCluster': ({ name }) => ({
      name,
      version,
      tags: { ...ownTags, ...(stack !== undefined && { stack }) },
    }),
    'aws:eks/getAddon:getAddon': ({ addonName }) => ({
      addonVersion: found(versions[String(addonName)], 'EKS Add-On (envoy-poc:x)'),
    }),
    'aws:eks/getNodeGroups:getNodeGroups': () => ({ names: Object.keys(nodeGroups) }),
    'aws:eks/getNodeGroup:getNodeGroup': ({ nodeGroupName }) => ({
      version: found(nodeGroups[String(nodeGroupName)], 'EKS Node Group (envoy-poc:x)'),
    }),
    'aws:eks/getAccessEntry:getAccessEntry': ({ principalArn }) => ({
      principalArn,
      tags: found(entries[String(principalArn)], 'EKS Access Entry (envoy-poc:x)'),
    }),
  };
}
