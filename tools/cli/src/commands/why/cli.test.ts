import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runRecorded } from '#runtime/testing';
import { RunLogs } from '../start/run-logs.ts';
import { kubernetesApi, pod } from '../verify/testing/kubernetes-api.ts';
import { why } from './cli.ts';
import type { Explanation } from './explain.ts';
import { at, edgeLine } from './testing.ts';

async function workspace(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'why-'));
  onTestFinished(() => rm(root, { recursive: true }));
  return root;
}

const refused = { code: 429, flags: 'UAEX', details: 'ext_authz_denied', upstream: null };
const line = (ms: number, id: string) => JSON.stringify(edgeLine(ms, { ...refused, request_id: id }));

/** A workspace with the logs of a run that refused so many. */
async function afterRun(many: number): Promise<string> {
  const root = await workspace();
  const places = { pods: [], clients: [{ address: '127.0.3.1', port: 1 }] };
  const logs = await RunLogs.begin(join(root, '.local', 'logs'), places);
  for (let n = 0; n < many; n++) {
    logs.line('edge-1', line(n, `r${n}`));
    const decision = {
      time: at(n),
      event: 'decision',
      requestId: `r${n}`,
      answer: 'rate',
      waitMs: 5,
      intervalMs: 9,
    };
    logs.line('picker-1', JSON.stringify(decision));
  }
  logs.close();
  return root;
}

test('attempts of a local run by their ids, and the latest refusals', async () => {
  const root = await afterRun(3);
  const { code, stdout } = await runRecorded(why, ['r1', 'r0'], root);
  expect(code).toBe(0);
  expect(stdout.match(/^r\d was refused: 429, over the rate$/gm)).toHaveLength(2);
  expect(stdout).toContain('of client-1 at edge-1');
  const last = await runRecorded(why, ['--last', '2', '--json'], root);
  expect(JSON.parse(last.stdout).map(({ requestId }: Explanation) => requestId)).toEqual(['r1', 'r2']);
});

test('an id that no log has is said, with how to find one; the others are explained all the same', async () => {
  const { code, stdout, stderr } = await runRecorded(why, ['r0', 'nope'], await afterRun(1));
  expect(code).toBe(1);
  expect(stdout).toMatch(/^r0 was refused/);
  expect(stderr).toMatch(/no log has request nope\n→ npx envoy-poc why --last 10 lists ids/);
});

test('no run at all, and a run without a refusal', async () => {
  const none = await runRecorded(why, ['--last', '1'], await workspace());
  expect(none.code).toBe(1);
  expect(none.stderr).toMatch(/there was no local run: .*\n→ npm start/);
  expect(await runRecorded(why, ['--last', '1'], await afterRun(0))).toMatchObject({
    ...{ code: 0, stdout: 'no refusal in the logs\n' },
  });
});

test.each([
  [[], /name request ids, or --last <n>/],
  [['a', '--last', '1'], /name request ids, or --last <n>/],
  [['--last', 'x'], /--last x: must be a whole number/],
  [['a', '--since', '0'], /--since 0: must be a whole number/],
  [['a', '--stack', 's', '--kubeconfig', 'f'], /exclude each other/],
  [['a', '--namespace', 'n'], /--context and --namespace need --kubeconfig/],
])('bad usage: %j', async (argv, message) => {
  const { code, stderr } = await runRecorded(why, argv, await workspace());
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});

test('a cluster: the logs of its pods, by the Kubernetes API', async (context) => {
  const root = await workspace();
  const core = '/api/v1/namespaces/envoy-poc';
  const kubeconfig = await kubernetesApi(context, {
    [`${core}/pods`]: { items: [pod('edge-x', '127.0.3.1')] },
    [`${core}/pods/edge-x/log`]: ['[info] starting', line(0, 'a')].join('\n'),
  });
  const file = join(root, 'config');
  await writeFile(file, kubeconfig);
  const { code, stdout } = await runRecorded(why, ['a', '--kubeconfig', file], root);
  expect({ code, stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^a was refused.*\n.* of edge-x /),
  });
});

test('a cluster without the platform', async (context) => {
  const root = await workspace();
  const file = join(root, 'config');
  await writeFile(file, await kubernetesApi(context, { '/api/v1/namespaces/n/pods': { items: [] } }));
  const { code, stderr } = await runRecorded(why, ['a', '--kubeconfig', file, '--namespace', 'n'], root);
  expect(code).toBe(1);
  expect(stderr).toMatch(/there are no pods of the platform in namespace n\n→ npx nx run workloads:deploy/);
});
