import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openConsole } from '@envoy-poc/cli/console';
import type { CheckResult, Report } from '@envoy-poc/cli/runtime';
import { recordedSurroundings, runRecorded } from '@envoy-poc/cli/runtime/testing';
import type { RunEvent, RunState } from '@envoy-poc/cli/start';
import { runVerify } from '@envoy-poc/cli/verify/testing';
import { why } from '@envoy-poc/cli/why';
import { recordingIn } from '@envoy-poc/console/testing';
import { freePort } from '@envoy-poc/env/listen';
import { haveCluster } from '@envoy-poc/layers/real-cluster';
import { have } from '@envoy-poc/testing';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { cases, type Failures } from './verify/cases.ts';
import { inNamespace, namespace, type RigSetting, rigSetting, secrets } from './verify/setting.ts';

const { ECR_ENDPOINT, KUBECONFIG = '', WS_SERVER_REPOSITORY } = process.env;

const ready = [
  haveCluster(),
  have('ecr', Boolean(ECR_ENDPOINT), 'Set ECR_ENDPOINT to the URL of a moto server.'),
  have(
    'WS_SERVER_REPOSITORY',
    Boolean(WS_SERVER_REPOSITORY),
    'Load the images as .ci/kubernetes does, by names of repositories in ECR as well.',
  ),
].every(Boolean);

/** How long a change may take to be seen, on a busy machine. */
const patienceMilliseconds = 120_000;

describe.runIf(ready)('a whole stack, in moto and on a real cluster', () => {
  let setting: RigSetting;
  beforeAll(async () => {
    setting = await rigSetting();
  });
  afterAll(() => setting?.[Symbol.asyncDispose]());

  const look = async (...words: string[]) => {
    const { code, stdout, stderr } = await runVerify(
      ['--window', '10', '--json', ...words],
      setting.workspace.root,
      process.env,
    );
    for (const secret of [
      ...Object.values(secrets),
      setting.workspace.env.PULUMI_CONFIG_PASSPHRASE,
      'ASIA',
    ]) {
      expect(stdout + stderr).not.toContain(secret);
    }
    const report = JSON.parse(stdout) as Report;
    expect(code).toBe(report.ok ? 0 : 1);
    return report;
  };

  /** Looks until these checks fail, those are skipped and all others pass. */
  const expectOnly = async (fails: Failures, skipped: readonly string[], ...words: string[]) => {
    const end = performance.now() + patienceMilliseconds;
    for (;;) {
      const { checks } = await look('--stack', 'dev', ...words);
      const odd = checks.filter((check) => !isExpected(check, fails, skipped));
      if (odd.length === 0) return checks;
      if (performance.now() > end) expect.fail(JSON.stringify(odd, null, 2));
      await sleep(500);
    }
  };

  test('every check passes, and the recording shows what went on meanwhile', {
    timeout: 240_000,
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'verify-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'run.html');
    const checks = await expectOnly({}, [], '--record', file);
    const recording = await recordingIn(await readFile(file, 'utf8'));
    expect(recording.viewAt(recording.toMs).state?.slots.capacity).toBe(4);
    const attempts = recording.between(recording.fromMs, recording.toMs).flatMap((event) => {
      return event.event === 'open' || event.event === 'refused' ? [event.requestId] : [];
    });
    // What the check of the limits asked for, too.
    expect(attempts.length).toBeGreaterThanOrEqual(4);
    for (const id of attempts) expect((await recording.logOf(id)).why).toEqual([expect.stringContaining(id)]);
    const states = Object.fromEntries(checks.map(({ id, seen }) => [id, seen]));
    expect(states).toMatchObject({
      stacks: expect.stringMatching(/^5 layers, the last one at 20/),
      cluster: expect.stringMatching(
        /is ACTIVE, Kubernetes 1\.33; node group is ACTIVE, 1 nodes of t3\.medium$/,
      ),
      nodes: expect.stringMatching(/^1 ready of 1, v1\./),
      repositories: expect.stringMatching(/verify-picker@sha256:/),
      edges: expect.stringMatching(/^2 of 2 edges run .*; 2 of 2 pickers run /),
      'load-balancer': expect.stringMatching(/ is active, 2 of 2 targets are healthy$/),
      websocket: expect.stringMatching(/^through the load balancer: open after .* reply of 10\.244\./),
      limits: expect.stringMatching(
        /^\d of 4 at once were admitted, 1 may be; most connections on a server: \d\/2/,
      ),
      records: expect.stringMatching(
        /^\d connections are open by the edges' statistics .*, \d by the servers'/,
      ),
    });
  });

  test('the console and why of the stack, by what its layers publish', { timeout: 240_000 }, async () => {
    const { root } = setting.workspace;
    const stop = new AbortController();
    const { surroundings, printed } = recordedSurroundings(root, { env: process.env, signal: stop.signal });
    const port = String(await freePort());
    const over = openConsole(['--stack', 'dev', '--port', port, '--json'], surroundings);
    const state = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/api/state`);
      return (await response.json()) as RunState;
    };
    await expect
      .poll(async () => (await state().catch(() => undefined))?.slots, {
        ...{ timeout: patienceMilliseconds, interval: 500 },
      })
      .toMatchObject({ capacity: 4, wanted: 2, open: 2 });
    stop.abort();
    expect(await over).toBe(0);
    const { stdout, stderr } = await printed();
    expect(stderr).toBe('');
    const events = stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as RunEvent);
    expect(events[0]).toMatchObject({ event: 'setup', setup: { place: 'stack dev', connectionsPerPod: 2 } });
    const opened = events.find((event) => event.event === 'open');
    const words = [opened?.requestId ?? '', '--stack', 'dev', '--json'];
    const told = await runRecorded(why, words, root, process.env);
    expect({ code: told.code, stderr: told.stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(told.stdout)).toMatchObject([
      { outcome: 'open', edge: expect.stringMatching(/^envoy-poc-edge-/), picker: { answer: 'picked' } },
    ]);
  });

  test.each(cases)('$what', { timeout: 240_000 }, async ({ break: breakIt, fails, skipped = [] }) => {
    const mend = await breakIt(setting);
    try {
      await expectOnly(fails, skipped);
    } finally {
      await mend();
    }
  });

  describe('a kubeconfig alone', () => {
    const alone = ['--kubeconfig', KUBECONFIG];

    test('shows what is of Kubernetes, and watches until that is well', { timeout: 240_000 }, async () => {
      const words = ['--namespace', namespace, '--watch', '--timeout', '120'];
      const { checks } = await look(...alone, ...words);
      const states = Object.fromEntries(checks.map(({ id, status, seen }) => [id, `${status} ${seen}`]));
      expect(states).toMatchObject({
        stacks: 'skipped because only a kubeconfig was given',
        cluster: 'skipped because only a kubeconfig was given',
        repositories: 'skipped because only a kubeconfig was given',
        plane: expect.stringMatching(/^pass https:/),
        nodes: expect.stringMatching(/^pass 1 ready, v1\./),
        workloads: expect.stringMatching(/^pass 2 of 2 servers run for .*; 1 of 1 clients run/),
        edges: expect.stringMatching(/^pass 2 of 2 edges run/),
        'load-balancer': expect.stringMatching(/^pass envoy-poc-edge-service has the address verify-/),
        websocket: expect.stringMatching(
          /^pass through a port-forward to envoy-poc-edge-\S+: open after .* reply of 10/,
        ),
        exchanges: expect.stringMatching(/^pass \d+ repl(y|ies), each with/),
        records: expect.stringMatching(
          /^pass \d connections are open by the edges' statistics .*, \d by the servers'/,
        ),
      });
    });

    test('names a namespace without them', async () => {
      const { checks } = await look(...alone, '--namespace', 'default');
      expect(checks.find(({ id }) => id === 'workloads')).toMatchObject({
        status: 'fail',
        seen: 'there is no Deployment envoy-poc-app-server in namespace default',
      });
    });

    // The last one: what it breaks is not mended.
    test('names a server that cannot start, with the reason', { timeout: 240_000 }, async () => {
      const image = `server=envoy-poc.invalid/none@sha256:${'0'.repeat(64)}`;
      await inNamespace('set', 'image', 'deployment/envoy-poc-app-server', image);
      const seen = async () =>
        (await look(...alone, '--namespace', namespace)).checks.find(({ id }) => id === 'workloads')?.seen;
      const reason = /^2 of 2 servers run.*\nenvoy-poc-app-server-\S+: (ErrImagePull|ImagePullBackOff)/s;
      await expect.poll(seen, { timeout: patienceMilliseconds }).toMatch(reason);
    });
  });
});

function isExpected(check: CheckResult, fails: Failures, skipped: readonly string[]): boolean {
  const [seen, next] = fails[check.id] ?? [];
  if (seen && next) return check.status === 'fail' && seen.test(check.seen) && next.test(check.next ?? '');
  return check.status === (skipped.includes(check.id) ? 'skipped' : 'pass');
}
