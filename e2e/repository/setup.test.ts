import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const script = join(import.meta.dirname, '../setup');
const tools = ['docker', 'pulumi', 'kubectl', 'aws', 'skopeo', 'openssl', 'curl', 'python3'];
/** What every machine has; the tools of this one must not be found. */
const basic = ['sh', 'bash', 'cat', 'dirname', 'grep', 'id', 'mkdir', 'ps', 'rm', 'seq', 'sleep', 'uname'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'e2e-setup-'));
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'home/bin'), { recursive: true });
  // Stand-ins of all that it calls: they write down their words.
  for (const name of [...tools, 'sudo', 'ip']) program(`bin/${name}`, 'exit 0');
  for (const name of basic) {
    const at = ['/usr/bin', '/bin'].map((bin) => join(bin, name)).find((file) => existsSync(file));
    symlinkSync(at ?? name, join(folder, 'bin', name));
  }
  program(
    'home/bin/kind',
    `[ "$1" != version ] || echo 0.29.0; [ "$1 $2" != 'get clusters' ] || cat "$E2E_HOME/clusters"`,
  );
  program('home/moto-5.2.5/bin/moto_server', 'exec sleep 600');
});
afterEach(() => {
  run('down');
  rmSync(folder, { recursive: true });
});

function program(path: string, script: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho "\${0##*/} $*" >>"${folder}/calls"\n${script}\n`);
  chmodSync(file, 0o755);
}

function run(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(script, words, {
    env: { PATH: join(folder, 'bin'), HOME: folder, E2E_HOME: join(folder, 'home') },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const calls = (of: RegExp) =>
  existsSync(join(folder, 'calls'))
    ? readFileSync(join(folder, 'calls'), 'utf8')
        .split('\n')
        .filter((line) => of.test(line))
    : [];

test('prints what tests read, and only that, on stdout', () => {
  const { status, stdout, stderr } = run();
  expect(status, stderr).toBe(0);
  const names = stdout.trim().split('\n');
  expect(names.map((line) => /^export ([A-Z0-9_]+)=/.exec(line)?.[1])).toEqual([
    'PATH',
    'KUBECONFIG',
    'LOAD_IMAGE',
    'ECR_ENDPOINT',
    'MOTO_SERVER',
    'PULUMI_SKIP_UPDATE_CHECK',
    'TEST_REQUIRES',
  ]);
  expect(calls(/^kind create/)).toEqual([
    expect.stringMatching(/--name envoy-poc-e2e --image kindest\/node:v1\.33\.\d+@sha256:[0-9a-f]{64} /),
  ]);
});

test('makes no second cluster', () => {
  writeFileSync(join(folder, 'home/clusters'), 'envoy-poc-e2e\n');
  expect(run('up').status).toBe(0);
  expect(calls(/^kind create/)).toEqual([]);
});

test('names all that is missing at once, and a Docker that does not answer, before it makes anything', () => {
  for (const name of ['kubectl', 'pulumi']) rmSync(join(folder, 'bin', name));
  const missing = run();
  expect(missing).toMatchObject({ status: 1, stdout: '' });
  expect(missing.stderr).toMatch(/^e2e\/setup: not on PATH: pulumi kubectl\b/);
  for (const name of ['kubectl', 'pulumi']) program(`bin/${name}`, 'exit 0');
  program('bin/docker', 'exit 1');
  expect(run().stderr).toContain('docker does not answer');
  expect(calls(/^kind/)).toEqual([]);
});

test('down deletes the cluster, and no process but its own', () => {
  const other = String(process.pid);
  writeFileSync(join(folder, 'home/moto.pid'), other);
  expect(run('down')).toMatchObject({ status: 0, stdout: '' });
  expect(calls(/^kind delete cluster --name envoy-poc-e2e/)).toHaveLength(1);
  expect(existsSync(join(folder, 'home/moto.pid'))).toBe(false);
});

test('--help is for reading, a mistyped word is 2', () => {
  expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('Safe to repeat') });
  expect(run('upp')).toMatchObject({ status: 2, stdout: '' });
});
