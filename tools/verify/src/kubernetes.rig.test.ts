import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Report } from '@envoy-poc/checks';
import { type TemporaryStack, temporaryStack } from '@envoy-poc/layer/engine';
import { haveCluster } from '@envoy-poc/layer/real-cluster';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runVerify } from './testing/run-verify.ts';

const root = resolve(import.meta.dirname, '../../..');
const { KUBECONFIG: kubeconfig = '', WS_SERVER_IMAGE, WS_CLIENT_IMAGE, ENVOY_IMAGE } = process.env;

/** The workloads layer alone, on the cluster of `KUBECONFIG`, with the images that workloads:load-images loads. */
describe.runIf(haveCluster())('on a real cluster', () => {
  let temporary: TemporaryStack;
  const namespace = 'verify-test';
  const quiet = { onOutput: () => {} };

  beforeAll(async () => {
    temporary = await temporaryStack(resolve(root, 'projects/workloads'));
    await temporary.configure({
      ...{ kubeconfig, namespace },
      ...{ serverImage: WS_SERVER_IMAGE, clientImage: WS_CLIENT_IMAGE, edgeImage: ENVOY_IMAGE },
      ...{ serverReplicas: 2, edgeReplicas: 2, clientReplicas: 1, connectionsPerClient: 2 },
      ...{ attemptIntervalSeconds: 2, messageIntervalMinSeconds: 1, messageIntervalMaxSeconds: 2 },
    });
    await temporary.stack.up(quiet);
  });

  afterAll(async () => {
    await temporary.stack.destroy(quiet);
    await temporary[Symbol.asyncDispose]();
  });

  const look = async (...more: string[]) => {
    const words = ['--kubeconfig', kubeconfig, '--namespace', namespace, '--window', '10', '--json', ...more];
    const { stdout, stderr } = await runVerify(words, root);
    expect(stderr).toBe('');
    const { ok, checks } = JSON.parse(stdout) as Report;
    const states = Object.fromEntries(checks.map(({ id, status, seen }) => [id, `${status} ${seen}`]));
    return { ok, states };
  };

  test('a kubeconfig alone shows everything that is of Kubernetes', async () => {
    let { ok, states } = await look();
    for (let tries = 0; !ok && tries < 20; tries++) {
      await sleep(1000);
      ({ ok, states } = await look());
    }
    expect(states).toMatchObject({
      stacks: 'skipped because only a kubeconfig was given',
      plane: expect.stringMatching(/^pass https:/),
      nodes: expect.stringMatching(/^pass 1 ready, v1\./),
      workloads: expect.stringMatching(/^pass 2 of 2 servers run for .*; 1 of 1 clients run/),
      edges: expect.stringMatching(/^pass 2 of 2 edges run/),
      websocket: expect.stringMatching(
        /^pass through a port-forward to envoy-poc-edge-\S+: open after .* reply of \d/,
      ),
      exchanges: expect.stringMatching(/^pass \d+ repl(y|ies), each with/),
      records: expect.stringMatching(
        /^pass 2 connections are open by the edges' statistics .* 2 by the servers'/,
      ),
    });
    expect(ok).toBe(true);
  });

  test('a namespace without them', async () => {
    const { ok, states } = await look('--namespace', 'default');
    expect(ok).toBe(false);
    expect(states.workloads).toBe('fail there is no Deployment envoy-poc-app-server in namespace default');
  });

  test('a server that cannot start is named with its reason', async () => {
    const image = `server=envoy-poc.invalid/none@sha256:${'0'.repeat(64)}`;
    const words = ['--kubeconfig', kubeconfig, '--namespace', namespace, 'set', 'image'];
    await promisify(execFile)('kubectl', [...words, 'deployment/envoy-poc-app-server', image]);
    const reason = /^fail 2 of 2 servers run.*\nenvoy-poc-app-server-\S+: (ErrImagePull|ImagePullBackOff)/s;
    await expect.poll(async () => (await look()).states.workloads, { timeout: 60_000 }).toMatch(reason);
  });
});
