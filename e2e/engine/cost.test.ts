import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  assumedByDefault,
  type CostReport,
  cost,
  estimate,
  planStack,
  previewOnDoubles,
} from '@envoy-poc/cli/cost';
import { circumstances, root, today } from '@envoy-poc/cli/cost/testing';
import { readAllStackSettings, toolRunner } from '@envoy-poc/cli/runtime';
import { runRecorded } from '@envoy-poc/cli/runtime/testing';
import { Rehearsal } from '@envoy-poc/doubles';
import { type Layer, layers } from '@envoy-poc/layers';
import { haveCommand } from '@envoy-poc/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';

const { signal } = new AbortController();
const pulumi = haveCommand('pulumi', 'Install it: https://www.pulumi.com/docs/install/');

/** A folder that is gone after the test. */
function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'envoy-poc-cost-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with the layers' settings of a workspace, some replaced by their full key, and a backend without stacks. */
function workspace(replace: Record<string, unknown> = {}) {
  const at = temporary();
  for (const layer of layers) {
    mkdirSync(join(at, 'projects', layer), { recursive: true });
    cpSync(join(root, 'projects', layer, 'Pulumi.yaml'), join(at, 'projects', layer, 'Pulumi.yaml'));
    const file = parse(readFileSync(join(root, 'projects', layer, 'Pulumi.dev.yaml'), 'utf8'));
    const own = Object.entries(replace).filter(([key]) => key.startsWith(`${layer}:`));
    const config = { ...file.config, ...Object.fromEntries(own) };
    writeFileSync(join(at, 'projects', layer, 'Pulumi.dev.yaml'), stringify({ config }));
  }
  mkdirSync(join(at, 'state'));
  const env = {
    ...process.env,
    PULUMI_BACKEND_URL: `file://${join(at, 'state')}`,
    PULUMI_CONFIG_PASSPHRASE: 'a passphrase',
    PULUMI_HOME: join(at, 'pulumi'),
  };
  return { at, env };
}

const run = (argv: string[], { at, env }: ReturnType<typeof workspace>) =>
  runRecorded((words, surroundings) => cost(words, surroundings, today), argv, at, env);

/** The resources that layers of a workspace will have. */
async function planOf(of: readonly Layer[], { at, env }: ReturnType<typeof workspace>) {
  const stack = 'dev';
  const settings = await readAllStackSettings(at, stack, env);
  const options = { root: at, stack, region: 'us-east-1', settings, because: 'it is a test', signal };
  const previewer = await previewOnDoubles(options);
  try {
    return await planStack({ stack, previewer, signal }, of);
  } finally {
    await previewer.close();
  }
}

describe.skipIf(!pulumi)('previewed by the engine', () => {
  test('before the first deploy: the same as worked out by hand, and each command saves what is said', async () => {
    const first = workspace();
    const { code, stdout, stderr } = await run(['--json'], first);
    expect(code, stderr).toBe(0);
    const report = JSON.parse(stdout) as CostReport & Record<string, unknown>;
    expect(report).toMatchObject({
      command: 'cost',
      stack: 'dev',
      ok: true,
      seconds: expect.any(Number),
      previewedOn: { on: 'doubles', because: 'network has no stack dev in this backend' },
      assumed: assumedByDefault,
    });
    const byHand = estimate(circumstances());
    expect(report.monthly).toBe(Number(byHand.monthly.toFixed(2)));
    expect(report.lines.map(({ what, count, quantity }) => ({ what, count, quantity }))).toEqual(
      byHand.lines.map(({ what, count, quantity }) => ({ what, count, quantity })),
    );

    expect(report.savings.map(({ id }) => id)).toEqual(['kubernetes', 'nat-gateway', 'node-type']);
    const before = await planOf(layers, first);
    /** What the stack costs once commands were typed. */
    const typed = async (savings: CostReport['savings']) => {
      const changed = workspace();
      const shell = toolRunner(changed.env, signal);
      for (const { command } of savings) {
        const done = await shell('sh', ['-c', command], { cwd: changed.at, timeoutSeconds: 120 });
        expect(done, command).toMatchObject({ code: 0 });
      }
      const of = [...new Set(savings.map(({ layer }) => layer))];
      const others = before.filter(({ layer }) => !of.includes(layer));
      return estimate(circumstances({ resources: [...others, ...(await planOf(of, changed))] })).monthly;
    };
    for (const saving of report.savings) {
      expect(await typed([saving]), saving.command).toBeCloseTo(saving.monthly, 1);
      expect(report.monthly - saving.monthly).toBeCloseTo(saving.saves, 1);
    }
    expect(await typed(report.savings)).toBeCloseTo(report.together?.monthly ?? 0, 1);
  }, 600_000);

  test('a type that has no price: named, a least sum, exit 1; another region, other prices; three zones, an address more', async () => {
    const settings = {
      'cluster:instanceType': 'x9.large',
      'cluster:podsPerNode': 17,
      'network:zoneCount': 3,
    };
    const { code, stdout } = await run(['--region', 'eu-west-1'], workspace(settings));
    expect(code).toBe(1);
    expect(stdout).toMatch(/^stack dev in eu-west-1/);
    expect(stdout).toMatch(/^ {2}2 × x9\.large node +no price$/m);
    expect(stdout).toMatch(/^ {2}3 × NAT gateway +2190 h +× 0\.048 /m);
    expect(stdout).toMatch(/^ {2}6 × public IPv4 address /m);
    expect(stdout).toMatch(/^ {2}at least +\d+\.\d\d$/m);
  });

  test('a wrong setting is told in the layer’s own sentence, of all layers together', async () => {
    const settings = { 'network:zoneCount': 9, 'cluster:amiType': 'AL2_x86_64' };
    const { code, stdout, stderr } = await run([], workspace(settings));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('network:zoneCount = 9: at most 3');
    expect(stderr).toContain('AL2 images end at Kubernetes 1.32');
    expect(stderr).toContain('→ npx envoy-poc doctor --offline --stack dev');
    expect(stderr).not.toMatch(/^\s+at .*\.(ts|js):\d+/m);
  });

  test('interrupted, it leaves neither files nor processes', async () => {
    const { at, env } = workspace();
    const scratch = join(at, 'scratch');
    mkdirSync(scratch);
    const child = spawn(process.execPath, [join(root, 'tools/cli/bin/envoy-poc.mjs'), 'cost', '--offline'], {
      env: { ...env, TMPDIR: scratch },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const stderr = text(child.stderr);
    const previews = () =>
      readdirSync(scratch).flatMap((name) =>
        /^envoy-poc-rehearsal-/.test(name)
          ? readdirSync(join(scratch, name)).filter((file) => /^preview-/.test(file))
          : [],
      );
    await expect.poll(previews, { timeout: 120_000 }).not.toEqual([]);
    expect(processesIn(scratch).length > 0).toBe(existsSync('/proc'));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(await stderr).toContain('interrupted');
    expect(readdirSync(scratch).filter((name) => name.startsWith('envoy-poc-'))).toEqual([]);
    await expect.poll(() => processesIn(scratch), { timeout: 30_000 }).toEqual([]);
  });

  test('of a deployed stack: its state and its providers, the same figures, and nothing changes', async () => {
    const rehearsal = await Rehearsal.start();
    onTestFinished(() => rehearsal.close());
    const deploy = await rehearsal.nx('run-many', '-t', 'deploy');
    expect(deploy.code, deploy.output).toBe(0);
    const files = () =>
      layers.map((layer) =>
        readFileSync(join(rehearsal.workspace, 'projects', layer, 'Pulumi.dev.yaml'), 'utf8'),
      );
    const before = { account: rehearsal.account(), files: files() };
    const out = join(rehearsal.folder, 'cost.json');
    const words = ['sh', '-c', `node tools/cli/bin/envoy-poc.mjs cost --json > "$0"`, out];
    const { code, output } = await rehearsal.run(words).ended;
    const byHand = estimate(circumstances({ today: new Date() }));
    expect(code, output).toBe(byHand.atLeast ? 1 : 0);
    const report = JSON.parse(readFileSync(out, 'utf8')) as CostReport;
    expect(report.previewedOn).toEqual({ on: 'backend', because: 'stack dev is deployed' });
    expect(report.monthly).toBe(Number(byHand.monthly.toFixed(2)));
    expect(report.savings.map(({ id }) => id)).toContain('nat-gateway');
    expect({ account: rehearsal.account(), files: files() }).toEqual(before);
  }, 600_000);
});

/** The processes whose environment names a folder; none where there is no `/proc`. */
function processesIn(folder: string): string[] {
  if (!existsSync('/proc')) return [];
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder);
    } catch {
      return false;
    }
  });
}
