import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtempDisposable, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { distributionCredentials, type EcrDouble, startEcrDouble } from '@envoy-poc/doubles/ecr';
import { type AppName, appNames } from '@envoy-poc/layers';
import { have, haveCommand } from '@envoy-poc/testing';
import { expect, test } from 'vitest';
import * as z from 'zod';

const run = promisify(execFile);
const workspace = resolve(import.meta.dirname, '../..');

/** The command that loads an archive into the cluster's nodes: `kind load image-archive` and the like. */
const loadCommand = process.env.LOAD_IMAGE ?? '';
/** Where the base image is, unless it comes from its registry. */
const base = process.env.BASE_IMAGES && ['--base', `oci:${resolve(process.env.BASE_IMAGES, 'node-24')}`];

const ready = [
  haveCommand('kubectl'),
  haveCommand('skopeo'),
  have('cluster', process.env.KUBECONFIG !== undefined, 'Set KUBECONFIG to that of a cluster for tests.'),
  have(
    'LOAD_IMAGE',
    loadCommand !== '',
    'Set it to the command that loads an archive: kind load image-archive',
  ),
].every(Boolean);

test.runIf(ready)(
  'all images: pushed, verified, pulled from the registry by another tool, running as pods, talking to each other',
  async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'images-'));
    await using _handover = await kept(join(workspace, 'dist/images'), join(folder.path, 'kept'));
    for (const app of appNames) {
      await using double = await startEcrDouble({ authorization: 'basic', partBytes: 10_485_760 });
      const digest = await push(app, double);
      const archive = `${folder.path}/${app}.tar`;
      await run('skopeo', [
        ...['copy', '--src-tls-verify=false', '--src-creds', distributionCredentials],
        `docker://${double.endpoint.replace('http://', '')}/app@${digest}`,
        `docker-archive:${archive}:localhost/${app}:pulled`,
      ]);
      const [command = '', ...args] = loadCommand.split(' ');
      await run(command, [...args, archive]);
    }
    await using _picker = await startPod('endpoint-picker', {});
    const pickers = { PICKERS: `${await addressOf('endpoint-picker')}:9003` };
    await using _server = await startPod('ws-server', pickers, { POD_IP: 'status.podIP' });
    const podIp = await addressOf('ws-server');
    await using forwarded = await portForward('push-images-ws-server', 8080);
    expect(await ask(`ws://127.0.0.1:${forwarded.port}/ws`)).toMatchObject({ podIp });

    const env = {
      EDGE_URL: `ws://${podIp}:8080/ws`,
      CONNECTIONS_PER_CLIENT: '1',
      ATTEMPT_INTERVAL_SECONDS: '1',
    };
    const often = { MESSAGE_INTERVAL_MIN_SECONDS: '1', MESSAGE_INTERVAL_MAX_SECONDS: '2' };
    await using _client = await startPod('ws-client', { ...env, ...often });
    const logs = () => kubectl(['logs', 'push-images-ws-client']).catch(String);
    await expect.poll(logs, { timeout: 120_000, interval: 1000 }).toContain(podIp);
    const heard = () => kubectl(['logs', 'push-images-endpoint-picker']).catch(String);
    await expect.poll(heard, { timeout: 120_000, interval: 1000 }).toContain(`"pod":"${podIp}:8080"`);
  },
);

/** Keeps what a folder holds now, to be put back: deployments read what the last real push left there. */
async function kept(path: string, copy: string): Promise<AsyncDisposable> {
  await cp(path, copy, { recursive: true }).catch(() => {});
  return {
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
      await cp(copy, path, { recursive: true }).catch(() => {});
    },
  };
}

/** Pushes an app's image with the command itself, then lets it compare every byte with what the registry has. */
async function push(app: AppName, double: EcrDouble): Promise<string> {
  const options = ['--app', app, '--repository', double.repositoryUrl, '--endpoint', double.endpoint];
  const command = ['push-images', ...options, ...(base || []), '--json'];
  const env = { ...process.env, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const { stdout } = await run('npx', command, { cwd: workspace, env });
  const [report] = z
    .array(z.object({ digest: z.string(), appLayerBytes: z.number() }))
    .parse(JSON.parse(stdout));
  expect(report?.appLayerBytes).toBeLessThan(1_000_000);
  await run('npx', [...command, '--no-build', '--verify'], { cwd: workspace, env });
  return report?.digest ?? '';
}

/** A pod under the restrictions of the platform: no root, read-only root file system, no capabilities. */
async function startPod(
  app: AppName,
  env: Record<string, string>,
  fields: Record<string, string> = {},
): Promise<AsyncDisposable> {
  const name = `push-images-${app}`;
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 5,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: app,
          image: `localhost/${app}:pulled`,
          imagePullPolicy: 'Never',
          env: [
            ...Object.entries(env).map(([key, value]) => ({ name: key, value })),
            ...Object.entries(fields).map(([key, fieldPath]) => ({
              name: key,
              valueFrom: { fieldRef: { fieldPath } },
            })),
          ],
          ...(app === 'ws-server'
            ? { readinessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 1 } }
            : {}),
          resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '128Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  };
  await kubectl(['apply', '-f', '-'], JSON.stringify(pod));
  return {
    async [Symbol.asyncDispose]() {
      await kubectl(['delete', 'pod', name, '--wait=true', '--timeout=60s']);
    },
  };
}

/** The address of an app's pod, once it is ready. */
async function addressOf(app: AppName): Promise<string> {
  const name = `push-images-${app}`;
  await kubectl(['wait', '--for=condition=Ready', `pod/${name}`, '--timeout=120s']);
  return kubectl(['get', 'pod', name, '-o', 'jsonpath={.status.podIP}']);
}

async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const running = run('kubectl', args);
  running.child.stdin?.end(input);
  return (await running).stdout;
}

async function portForward(pod: string, port: number): Promise<AsyncDisposable & { port: number }> {
  const child = spawn('kubectl', ['port-forward', `pod/${pod}`, `:${port}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [line] = await once(createInterface(child.stdout), 'line');
  return {
    port: Number(/127\.0\.0\.1:(\d+)/.exec(String(line))?.[1]),
    async [Symbol.asyncDispose]() {
      child.kill();
      await exited;
    },
  };
}

/** Sends one message and gives the answer. */
async function ask(url: string): Promise<unknown> {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  socket.send('hello');
  const [message] = await once(socket, 'message');
  socket.close();
  return JSON.parse(z.object({ data: z.string() }).parse(message).data);
}
