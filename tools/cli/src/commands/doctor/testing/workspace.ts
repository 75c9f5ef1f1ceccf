import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { layers } from '@envoy-poc/layers';
import { configInTests, namesInTests } from '@envoy-poc/layers/testing/names';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { type Check, type CheckResult, readAllStackSettings, runChecks, type ToolResult } from '#runtime';
import type { DoctorContext } from '../context.ts';

const root = resolve(import.meta.dirname, '../../../../../..');

/** What a test's workspace and machine are like, where they differ from one where all is well. */
export interface Situation {
  stack?: string;
  /** Settings in every layer's stack file, by full key; those of a layer win over `aws:*`. */
  config?: Record<string, unknown>;
  /** Layers that have no file for the stack. */
  withoutFile?: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** `encryptionsalt` of the network layer's stack; the others were never made. */
  salt?: string;
  today?: string;
  /** What programs answer, by name; undefined: not on PATH. */
  tools?: Record<string, ToolResult>;
  /** `~/.aws/config`. */
  awsConfig?: string;
  /** Versions in node_modules that differ from the lockfile's. */
  installed?: Record<string, string>;
}

const answer = (stdout: string): ToolResult => ({ code: 0, stdout, stderr: '' });

/** What the programs say on a machine where all is well. */
const wellTools: Record<string, ToolResult> = {
  pulumi: answer('v3.270.0\n'),
  aws: answer('aws-cli/2.31.0 Python/3.13.7 Linux/6.1 exe/x86_64\n'),
  kubectl: answer('{"clientVersion": {"gitVersion": "v1.33.4"}}'),
};

const lockedVersions = {
  '@pulumi/pulumi': '3.270.0',
  '@pulumi/aws': '7.48.0',
  '@pulumi/eks': '4.3.0',
  '@pulumi/kubernetes': '4.34.2',
  nx: '24.0.6',
  node: '24.21.0',
};

const lockfile = (versions: Record<string, string>) =>
  JSON.stringify({
    packages: Object.fromEntries(
      Object.entries(versions).map(([name, version]) => [`node_modules/${name}`, { version }]),
    ),
  });

/** A context in a workspace of its own, whose settings are the defaults with some replaced. */
export async function contextOf(situation: Situation = {}): Promise<DoctorContext> {
  const { stack = 'dev', config = {}, withoutFile = [], tools = {} } = situation;
  const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const layer of layers) {
    const to = join(folder, 'projects', layer);
    await mkdir(to, { recursive: true });
    await cp(join(root, 'projects', layer, 'Pulumi.yaml'), join(to, 'Pulumi.yaml'));
    const common = {
      'aws:region': namesInTests.region,
      'aws:profile': namesInTests.profile,
      ...configInTests(layer),
    };
    const own = Object.entries(config).filter(
      ([key]) => key.startsWith(`${layer}:`) || key.startsWith('aws:'),
    );
    const encryptionsalt = layer === 'network' ? situation.salt : undefined;
    const file = stringify({ encryptionsalt, config: { ...common, ...Object.fromEntries(own) } });
    if (!withoutFile.includes(layer)) await writeFile(join(to, `Pulumi.${stack}.yaml`), file);
  }
  await cp(join(root, 'package.json'), join(folder, 'package.json'));
  await mkdir(join(folder, 'node_modules'));
  await writeFile(join(folder, 'package-lock.json'), lockfile(lockedVersions));
  const installed = lockfile({ ...lockedVersions, ...situation.installed });
  await writeFile(join(folder, 'node_modules/.package-lock.json'), installed);
  await writeFile(
    join(folder, 'aws-config'),
    situation.awsConfig ??
      '[profile set-cfndev-ina-a]\nregion = us-east-1\naws_access_key_id = test\naws_secret_access_key = test\n',
  );
  const env = {
    HOME: folder,
    AWS_CONFIG_FILE: join(folder, 'aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
    PULUMI_CONFIG_PASSPHRASE: 'correct-horse',
    ...situation.env,
  };
  return {
    root: folder,
    stack,
    env,
    today: new Date(situation.today ?? '2026-11-23T12:00:00Z'),
    run: async (name) => (name in tools ? tools[name] : wellTools[name]),
    settings: () => readAllStackSettings(folder, stack, env),
  };
}

/** The result of one check; those it needs must be among `checks`. */
export async function resultOf(
  checks: readonly Check<DoctorContext>[],
  id: string,
  context: DoctorContext,
): Promise<CheckResult> {
  const { signal } = new AbortController();
  const wanted = new Set([id]);
  for (const check of checks.toReversed()) {
    if (wanted.has(check.id)) for (const need of check.needs ?? []) wanted.add(need);
  }
  const all = await runChecks(
    checks.filter((check) => wanted.has(check.id)),
    context,
    { signal },
  );
  const result = all.find((one) => one.id === id);
  if (!result) throw new Error(`no check ${id}`);
  return result;
}
