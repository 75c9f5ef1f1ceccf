import { once } from 'node:events';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { inNamespace, nameOf, namespace, type RigSetting, repositories } from './setting.ts';

/** A check that must fail: what it says it saw, and what is to do next. */
export type Failures = Readonly<Record<string, readonly [seen: RegExp, next: RegExp]>>;

/** What is broken, once; everything else is and stays well. */
export interface Case {
  readonly what: string;
  /** Breaks it and gives what mends it. */
  break(setting: RigSetting): Promise<() => unknown>;
  readonly fails: Failures;
  /** Checks that make no sense then. */
  readonly skipped?: readonly string[];
}

const push = /^npx nx run ws-server:push --stack dev$/;
const pods = (name: string) =>
  new RegExp(`^kubectl --namespace ${namespace} describe pods --selector app.kubernetes.io/name=${name}$`);

const scaled =
  (name: string, from: number, to: number, kind = 'deployment') =>
  async () => {
    const scale = (replicas: number) => inNamespace('scale', `${kind}/${name}`, `--replicas=${replicas}`);
    await scale(to);
    return () => scale(from);
  };

/** Each check, made to fail once. */
export const cases: readonly Case[] = [
  {
    what: 'the last deploy of the platform failed',
    async break({ workspace }) {
      await expect(workspace.up('platform', { 'platform:fails': true })).rejects.toThrow();
      return () => workspace.up('platform', { 'platform:fails': false });
    },
    fails: { stacks: [/^platform: update failed$/, /^npx nx run platform:deploy --stack dev$/] },
    skipped: ['cluster', 'repositories', 'load-balancer'],
  },
  {
    what: 'the node group was deleted',
    async break({ account }) {
      await account.deleteNodeGroup();
      return () => account.makeNodeGroup();
    },
    fails: {
      cluster: [
        /^eks:DescribeNodegroup failed: ResourceNotFoundException/,
        /^npx nx run cluster:drift --stack dev$/,
      ],
    },
  },
  {
    what: 'the kubeconfig gives no token',
    async break({ workspace }) {
      await workspace.setToken('Error loading SSO Token: Token for company has expired');
      return () => workspace.setToken();
    },
    fails: {
      plane: [
        /command for a token failed: aws eks get-token .*Token for company has expired/,
        /^aws sso login --profile avive-cfndev-k8s$/,
      ],
    },
    skipped: [
      ...['nodes', 'workloads', 'edges', 'websocket', 'limits', 'exchanges', 'records'],
      'admissions',
    ],
  },
  {
    what: 'a node is missing',
    async break({ wantNodes }) {
      await wantNodes(2);
      return () => wantNodes(1);
    },
    fails: { nodes: [/^1 ready of 2, v1\./, /^kubectl get nodes$/] },
  },
  {
    what: "the server's image was deleted",
    break: ({ account, digests }) =>
      account.takeImage(nameOf(repositories['ws-server']), digests['ws-server']),
    fails: { repositories: [/@sha256:[0-9a-f]{64} is not there$/, push] },
  },
  {
    what: 'servers were scaled by hand',
    break: scaled('envoy-poc-app-server', 2, 3),
    fails: { workloads: [/^3 of 2 servers run for .*; 1 of 1 clients run/, pods('envoy-poc-app-server')] },
  },
  {
    what: 'an edge is missing',
    break: scaled('envoy-poc-edge', 2, 1),
    fails: { edges: [/^1 of 2 edges run for /, pods('envoy-poc-edge')] },
  },
  {
    what: 'a target was deregistered',
    async break({ account, addresses }) {
      const ips = (await addresses('envoy-poc-edge')).slice(0, 1);
      await account.removeTargets(ips);
      return () => account.addTargets(ips);
    },
    fails: {
      'load-balancer': [
        /1 of 1 targets are healthy, and there should be 2, one for each edge$/,
        new RegExp(`^kubectl --namespace ${namespace} describe ingress$`),
      ],
    },
  },
  {
    what: 'the Service of the edges selects nobody',
    async break() {
      const select = (name: string) => {
        const selector = { 'app.kubernetes.io/name': name };
        const patch = JSON.stringify({ spec: { selector } });
        return inNamespace('patch', 'service', 'envoy-poc-edge-service', '--patch', patch);
      };
      await select('nobody');
      return () => select('envoy-poc-edge');
    },
    fails: {
      websocket: [
        /^through the load balancer: an attempt failed: connect ECONNREFUSED /,
        pods('envoy-poc-edge'),
      ],
    },
    skipped: ['limits'],
  },
  {
    what: 'there is no client',
    break: scaled('envoy-poc-app-client', 1, 0),
    fails: {
      workloads: [/^2 of 2 servers run .*; 0 of 1 clients run$/, pods('envoy-poc-app-client')],
      exchanges: [/^no client had a reply in 10 s$/, pods('envoy-poc-app-client')],
    },
  },
  {
    what: 'a connection came past the edges',
    async break({ addresses }) {
      const [ip] = await addresses('envoy-poc-app-server');
      const socket = new WebSocket(`ws://${ip}:8080/ws`);
      await once(socket, 'open');
      return () => socket.terminate();
    },
    fails: {
      records: [
        /^2 connections .* edges' statistics .*, 3 by the servers' .*: they disagree$/,
        pods('envoy-poc-edge'),
      ],
    },
  },
  {
    what: 'an endpoint picker is missing',
    break: scaled('envoy-poc-endpoint-picker', 2, 1, 'statefulset'),
    fails: {
      edges: [/^2 of 2 edges run for .*; 1 of 2 pickers run for /, pods('envoy-poc-endpoint-picker')],
    },
  },
  {
    what: 'the endpoint pickers admit more than the rate',
    async break() {
      const pickers = 'statefulset/envoy-poc-endpoint-picker';
      const tell = async (rate: number) => {
        await inNamespace('set', 'env', pickers, `NEW_CONNECTIONS_PER_SECOND=${rate}`);
        await inNamespace('rollout', 'status', pickers, '--timeout=110s');
      };
      await tell(1000);
      return () => tell(1);
    },
    fails: {
      limits: [
        /^\d of 4 at once were admitted, 1 may be.*: the rate does not hold$/,
        /^kubectl .*port-forward deployment\/envoy-poc-edge 9901/,
      ],
      admissions: [/^.*: expected /, pods('envoy-poc-endpoint-picker')],
    },
  },
];
