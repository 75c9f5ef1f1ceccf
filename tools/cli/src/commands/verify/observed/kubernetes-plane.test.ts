import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultDemand, defaultLimits } from '@envoy-poc/edge';
import { type Contract, exampleOf } from '@envoy-poc/layers';
import { afterAll, expect, type TestContext, test } from 'vitest';
import { judgePods } from '../checks/pods.ts';
import { type Answers, kubeconfigOf, kubernetesApi, neverAnswers, pod } from '../testing/kubernetes-api.ts';
import { openKubernetes } from './kubernetes.ts';
import { kubernetesPlane } from './kubernetes-plane.ts';

const core = '/api/v1/namespaces/envoy-poc';
const apps = '/apis/apps/v1/namespaces/envoy-poc/deployments';
const pickers = '/apis/apps/v1/namespaces/envoy-poc/statefulsets/envoy-poc-endpoint-picker';

async function planeOf(context: TestContext, answers: Answers, published?: Contract<'workloads'>) {
  const kubernetes = openKubernetes({ content: await kubernetesApi(context, answers) });
  return kubernetesPlane({ kubernetes, namespace: 'envoy-poc', published });
}

test('what is promised comes from the Deployments, or from what the workloads layer publishes', async (context) => {
  const answers = {
    [`${apps}/envoy-poc-app-server`]: { spec: { replicas: 3 } },
    [`${apps}/envoy-poc-edge`]: { spec: { replicas: 2 } },
    [`${apps}/envoy-poc-app-client`]: { spec: { replicas: 0 } },
  };
  expect(await (await planeOf(context, answers)).promised()).toEqual({
    replicas: { server: 3, edge: 2, client: 0 },
    admission: undefined,
    mostInOneSecond: undefined,
  });
  const published = exampleOf('workloads', {
    limits: {
      ...defaultLimits,
      admission: 'shared',
      serverReplicas: 4,
      edgeReplicas: 3,
      newConnectionsPerSecond: 1,
    },
    demand: { ...defaultDemand, clientReplicas: 10 },
  });
  expect(await (await planeOf(context, {}, published)).promised()).toEqual({
    replicas: { server: 4, edge: 3, client: 10 },
    admission: 'shared',
    mostInOneSecond: 3,
  });
  const exact = exampleOf('workloads', { ...published, limits: { ...published.limits, admission: 'exact' } });
  expect(await (await planeOf(context, {}, exact)).promised()).toMatchObject({
    admission: 'exact',
    mostInOneSecond: 1,
  });
});

test('pickers are promised where there is a StatefulSet, or admission is exact', async (context) => {
  const all = { server: 4, edge: 3, client: 10 };
  const answers = {
    [`${apps}/envoy-poc-app-server`]: { spec: { replicas: 4 } },
    [`${apps}/envoy-poc-edge`]: { spec: { replicas: 3 } },
    [`${apps}/envoy-poc-app-client`]: { spec: { replicas: 10 } },
    [pickers]: { spec: { replicas: 2 } },
  };
  const { replicas } = await (await planeOf(context, answers)).promised();
  expect(replicas).toEqual({ ...all, picker: 2 });
  const published = (admission: 'exact' | 'shared') =>
    exampleOf('workloads', { limits: { ...defaultLimits, admission } });
  for (const [admission, picker] of [
    ['exact', { picker: 2 }],
    ['shared', {}],
  ] as const) {
    const plane = await planeOf(context, {}, published(admission));
    expect((await plane.promised()).replicas).toMatchObject(picker);
    expect(Object.keys((await plane.promised()).replicas)).toHaveLength(3 + Object.keys(picker).length);
  }
});

test('no Deployment is said, with what makes one', async (context) => {
  await expect((await planeOf(context, {})).promised()).rejects.toMatchObject({
    message: 'there is no Deployment envoy-poc-app-server in namespace envoy-poc',
    next: expect.stringContaining('npx nx run workloads:deploy'),
  });
});

test.each([
  [403, /does not let you see pods in envoy-poc \(403\)/],
  [500, /answers 500/],
])('an API server that answers %i', async (status, message) => {
  await expect(
    (await planeOf({ onTestFinished: () => {} } as never, { [`${core}/pods`]: status })).pods('server'),
  ).rejects.toThrow(message);
});

test('an API server that is not there', async () => {
  const kubernetes = openKubernetes({ content: kubeconfigOf('http://127.0.0.1:9') });
  await expect(kubernetesPlane({ kubernetes, namespace: 'x' }).pods('edge')).rejects.toThrow(
    /http:\/\/127\.0\.0\.1:9 cannot be asked for pods in x/,
  );
});

test('an API server that never answers is not waited for without end', async () => {
  const { port } = await neverAnswers();
  const kubernetes = openKubernetes({
    content: kubeconfigOf(`http://127.0.0.1:${port}`),
    answerSeconds: 0.3,
  });
  await expect(kubernetesPlane({ kubernetes, namespace: 'x' }).pods('edge')).rejects.toMatchObject({
    message: `http://127.0.0.1:${port} cannot be asked for pods in x: no answer in 0.3 s`,
    next: 'kubectl get --raw /readyz --context test',
  });
});

const folder = mkdtempSync(join(tmpdir(), 'kubernetes-'));
afterAll(() => rmSync(folder, { recursive: true }));
const aws = join(folder, 'aws');
writeFileSync(aws, '#!/bin/sh\necho the SSO session has expired >&2; exit 255\n', { mode: 0o755 });

test.each([
  {
    ...{ what: 'is not there', command: '/nowhere/aws', args: ['eks', 'get-token'] },
    message: /there is no \/nowhere\/aws on PATH/,
    next: /^install it: https:\/\/docs\.aws/,
  },
  {
    ...{ what: 'of another cloud is not there', command: 'no-such-plugin', args: [] },
    ...{ message: /there is no no-such-plugin on PATH/, next: /^install it, or use another kubeconfig$/ },
  },
  {
    ...{ what: 'fails for a profile', command: aws, args: ['--profile', 'engineer'] },
    message: /command for a token failed: .*: the SSO session has expired$/,
    next: /^aws sso login --profile engineer$/,
  },
  {
    ...{ what: 'fails', command: aws, args: [] },
    ...{ message: /command for a token failed/, next: /^aws sso login, or set AWS_PROFILE$/ },
  },
  {
    ...{ what: 'of another cloud fails', command: 'sh', args: ['-c', 'echo no account >&2; exit 1'] },
    ...{ message: /failed: sh .*: no account$/, next: /^run that command yourself: it has to give a token$/ },
  },
])('a kubeconfig whose command $what', async ({ command, args, message, next }) => {
  const kubernetes = openKubernetes({ content: withCommand(command, args) });
  await expect(kubernetesPlane({ kubernetes, namespace: 'x' }).pods('edge')).rejects.toMatchObject({
    message: expect.stringMatching(message),
    next: expect.stringMatching(next),
  });
});

test('a cluster that does not answer is told from a command that gives no token', async () => {
  const token = JSON.stringify({ kind: 'ExecCredential', status: { token: 'x' } });
  const kubernetes = openKubernetes({ content: withCommand('sh', ['-c', `echo '${token}'`]) });
  await expect(kubernetesPlane({ kubernetes, namespace: 'x' }).pods('edge')).rejects.toThrow(
    /https:\/\/127\.0\.0\.1:9 cannot be asked for pods in x/,
  );
});

/** A kubeconfig of a cluster that does not answer, which asks a command for a token. */
function withCommand(command: string, args: readonly string[]): string {
  const exec = { apiVersion: 'client.authentication.k8s.io/v1beta1', command, args };
  const config = JSON.parse(kubeconfigOf('https://127.0.0.1:9')) as object;
  return JSON.stringify({ ...config, users: [{ name: 'test', user: { exec } }] });
}

test('a kubeconfig that is none, and one without that context', () => {
  expect(() => openKubernetes({ file: '/nowhere' })).toThrow(/kubeconfig \/nowhere cannot be read/);
  expect(() => openKubernetes({ content: '' })).toThrow('cannot be read: it is empty');
  expect(() => openKubernetes({ content: kubeconfigOf('not a url') })).toThrow(
    'the kubeconfig has no URL as the server of cluster test: "not a url"',
  );
  expect(() => openKubernetes({ content: kubeconfigOf('http://x'), context: 'other' })).toThrow(
    /no cluster for context other/,
  );
});

test('pods that work, that restart and that wait are told apart', async (context) => {
  const waiting = {
    conditions: [{ type: 'Ready', status: 'False' }],
    containerStatuses: [
      {
        restartCount: 7,
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s' } },
        lastState: { terminated: { exitCode: 137 } },
      },
    ],
  };
  const unscheduled = {
    phase: 'Pending',
    containerStatuses: undefined,
    conditions: [
      { type: 'PodScheduled', status: 'False', message: '0/2 nodes are available: 2 Too many pods.' },
    ],
  };
  const leaving = {
    ...pod('d', '10.0.0.4'),
    metadata: { name: 'd', deletionTimestamp: '2026-11-23T00:00:00Z' },
  };
  const items = [pod('a', '10.0.0.1'), pod('b', '10.0.0.2', waiting), pod('c', '', unscheduled), leaving];
  const pods = await (await planeOf(context, { [`${core}/pods`]: { items } })).pods('server');
  expect(pods.map(({ name, problem }) => [name, problem])).toEqual([
    ['a', undefined],
    ['b', 'CrashLoopBackOff: back-off 5m0s, ended before with 137'],
    ['c', '0/2 nodes are available: 2 Too many pods.'],
  ]);
  const look = 'kubectl describe pods';
  expect(judgePods([{ workload: 'server', wanted: 4, pods, look }])).toEqual({
    status: 'fail',
    seen: expect.stringMatching(/^1 of 4 servers run for \d+ h or more, 7 restarts\nb: CrashLoop.*\nc: 0\/2/),
    next: 'kubectl describe pods',
  });
  expect(judgePods([{ workload: 'server', wanted: 1, pods: pods.slice(0, 1), look }]).status).toBe('pass');
  const restless = pods.slice(0, 1).map((one) => ({ ...one, restarts: 3 }));
  expect(judgePods([{ workload: 'server', wanted: 1, pods: restless, look }]).status).toBe('warn');
});

test('replies are counted in the logs of clients, and must be of a server', async (context) => {
  const line = (podIp: string, event = 'reply') =>
    JSON.stringify({ event, timestamp: '2026-11-23T12:00:00.000Z', podIp });
  const log = [
    'not JSON',
    line('10.0.0.1'),
    line('10.0.0.1'),
    line('192.0.2.1'),
    line('', 'reply_missing'),
  ].join('\n');
  const plane = await planeOf(context, {
    [`${core}/pods`]: { items: [pod('a', '10.0.0.1')] },
    [`${core}/pods/a/log`]: log,
  });
  expect(await plane.exchanges(30, new AbortController().signal)).toEqual({
    replies: 2,
    wrong: ["a: a reply of 192.0.2.1, which is no server's address", 'a: reply missing'],
  });
});

test('admissions and refusals are counted in the logs of edges', async (context) => {
  const line = (fields: object) =>
    JSON.stringify({
      upgrade: 'websocket',
      type: 'DownstreamEnd',
      flags: '-',
      details: 'via_upstream',
      ...fields,
    });
  const log = [
    line({ type: 'DownstreamTunnelSuccessfullyEstablished', code: 101 }),
    line({ code: 101 }),
    line({ code: 429, flags: 'RL' }),
    line({ code: 429, flags: 'UAEX', details: 'ext_authz_denied' }),
    line({ code: 503 }),
    line({ code: 503, flags: 'UAEX', details: 'ext_authz_denied' }),
    line({ code: 503, flags: 'UH', details: 'no_healthy_upstream', time: 'now' }),
    '{"upgrade": null, "code": 200}',
    '[info] starting',
  ].join('\n');
  const plane = await planeOf(context, {
    [`${core}/pods`]: { items: [pod('e', '10.0.0.9')] },
    [`${core}/pods/e/log`]: log,
  });
  expect(await plane.logged(30)).toEqual({
    opened: 1,
    refusedByRate: 2,
    refusedFull: 2,
    odd: ['e logged 503 UH no_healthy_upstream at now'],
  });
});
