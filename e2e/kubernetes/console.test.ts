import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '@envoy-poc/cli/start';
import { recordingIn } from '@envoy-poc/console/testing';
import { haveCluster, kubectl } from '@envoy-poc/layers/real-cluster';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { startConsoleProgram } from './console/program.ts';
import { namespace } from './workloads/cluster.ts';
import { expectFull } from './workloads/servers.ts';
import { deploySetting, type Setting } from './workloads/setting.ts';

/** How long a busy machine may take. */
const patient = { timeout: 120_000, interval: 200 } as const;

const inNamespace = (...words: string[]) => kubectl(['--namespace', namespace, ...words]);

describe.runIf(haveCluster())('the console of workloads in a real cluster', () => {
  let setting: Setting;
  beforeAll(async () => {
    setting = await deploySetting({
      ...{ serverReplicas: 3, connectionsPerPod: 2, edgeReplicas: 2, admission: 'exact' },
      ...{ newConnectionsPerSecond: 1, clientReplicas: 2, connectionsPerClient: 5 },
      ...{ attemptIntervalSeconds: 2, messageIntervalMinSeconds: 1, messageIntervalMaxSeconds: 2 },
      ...{ serverDrainSeconds: 1, edgeDrainSeconds: 6 },
    });
  });
  afterAll(() => setting?.end());

  const start = async (...options: string[]) => {
    const words = ['--kubeconfig', process.env.KUBECONFIG ?? '', '--namespace', namespace];
    const program = await startConsoleProgram([...words, ...options]);
    onTestFinished(async () => void (await program.interrupt()));
    return program;
  };
  const isOpen = (event: RunEvent) => event.event === 'state' && event.slots.open > 0;
  const broken = (program: Awaited<ReturnType<typeof start>>) =>
    program
      .state()
      ?.verdicts.flatMap(({ name, status, observed }) => (status === 'broken' ? `${name}: ${observed}` : []));

  test('connections that are open are there with the first state; every light turns green', async () => {
    await expectFull(setting.cluster, 3);
    const program = await start();
    await expect.poll(() => program.after(isOpen), patient).toBeDefined();
    console.log(`open connections ${((program.after(isOpen) ?? 0) / 1000).toFixed(1)} s after the start`);
    const [first] = program.events;
    expect(first).toMatchObject({
      event: 'setup',
      setup: {
        ...{ connectionsPerPod: 2, newConnectionsPerSecond: 1, admission: 'exact', connectionsPerClient: 5 },
        ...{ pickers: [{ name: 'picker-0' }, { name: 'picker-1' }] },
      },
    });
    expect(program.state()?.slots).toEqual({ open: 6, capacity: 6, wanted: 10 });
    // Who opened them, and where they go, is in the logs of the edges.
    const before = program.events.filter((event) => event.event === 'open' && event.before);
    expect(before).toHaveLength(6);
    await expect
      .poll(() => program.state()?.verdicts.map(({ name, status }) => `${name} ${status}`), patient)
      .toEqual(
        ['limit', 'rate', 'allowed', 'full', 'slots', 'replies', 'refusals', 'logs'].map(
          (name) => `${name} holds`,
        ),
      );
    expect(await program.interrupt()).toBe(0);
  });

  test('a refusal is told as it happens, with its evidence, and both are in the recording', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'console-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'run.html');
    const program = await start('--record', file);
    const refused = () => program.events.findLast((event) => event.event === 'refused');
    await expect
      .poll(refused, patient)
      .toMatchObject({ reason: 'full', client: expect.stringMatching(/^client-/) });
    const id = refused()?.requestId ?? '';
    const evidence = async () => (await fetch(`${program.url}/api/log?request=${id}`)).json();
    await expect.poll(evidence, patient).toMatchObject({
      why: [expect.stringMatching(/was refused: 503, full\n.*picker-\d said: full/s)],
      lines: expect.arrayContaining([
        { from: expect.stringContaining('picker'), line: expect.stringContaining(id) },
      ]),
    });
    const told = (await evidence()) as { why: string[] };
    expect(await program.interrupt()).toBe(0);
    const recording = await recordingIn(await readFile(file, 'utf8'));
    expect(recording.viewAt(recording.toMs).state?.slots).toEqual(program.state()?.slots);
    expect((await recording.logOf(id)).why).toEqual(told.why);
  });

  test('a pod that is deleted leaves, another comes, and its slots are filled; no limit broke', async () => {
    const program = await start();
    await expect.poll(() => program.state()?.slots.open, patient).toBe(6);
    const [server] = await setting.cluster.pods('server');
    const name = server?.metadata.name ?? '';
    const short = `pod-${name.slice(name.lastIndexOf('-') + 1)}`;
    const there = () => program.state()?.pods.map((pod) => pod.name) ?? [];
    expect(there()).toContain(short);
    await inNamespace('delete', 'pod', name);
    await expect.poll(there, patient).not.toContain(short);
    await expect.poll(() => program.state()?.slots, patient).toEqual({ open: 6, capacity: 6, wanted: 10 });
    expect(there()).toHaveLength(3);
    const closed = program.events.filter((event) => event.event === 'close' && event.pod === short);
    expect(closed.length).toBeGreaterThanOrEqual(2);
    expect(broken(program)).toEqual([]);
  });

  test('an edge that is deleted leaves with its connections, and they come back by others', async () => {
    const program = await start();
    await expect.poll(() => program.state()?.slots.open, patient).toBe(6);
    const [edge] = await setting.cluster.pods('edge');
    const name = edge?.metadata.name ?? '';
    await inNamespace('delete', 'pod', name);
    const edges = () => {
      const last = program.events.findLast((event) => event.event === 'setup');
      return last?.setup.edges.map((one) => one.name);
    };
    await expect.poll(edges, patient).not.toContain(`edge-${name.slice(name.lastIndexOf('-') + 1)}`);
    await expect.poll(() => [edges()?.length, program.state()?.slots.open], patient).toEqual([2, 6]);
    expect(broken(program)).toEqual([]);
  });

  test('without rights every one that is missing is named; the role edit is enough', async () => {
    const account = 'console-reader';
    await inNamespace('create', 'serviceaccount', account);
    const admin = parse(await kubectl(['config', 'view', '--raw', '--flatten']));
    const token = (await inNamespace('create', 'token', account)).trim();
    const folder = await mkdtemp(join(tmpdir(), 'console-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'config');
    const users = [{ name: admin.users[0].name, user: { token } }];
    await writeFile(file, stringify({ ...admin, users }));
    const words = ['--kubeconfig', file, '--namespace', namespace];
    const refused = await startConsoleProgram(words);
    expect(await refused.ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /does not let you list pods and get pods\/log and get pods\/portforward in namespace .*\n→ npx envoy-poc access/,
      ),
    });
    const subject = `--serviceaccount=${namespace}:${account}`;
    await inNamespace('create', 'rolebinding', account, '--clusterrole=edit', subject);
    const program = await startConsoleProgram(words);
    onTestFinished(async () => void (await program.interrupt()));
    await expect.poll(() => program.after(isOpen), patient).toBeDefined();
    expect(program.state()?.silent).toEqual({ pods: [], edges: [], pickers: [] });
  });
});
