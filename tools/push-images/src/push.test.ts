import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type EcrDouble, EcrFault, startEcrDouble } from '@envoy-poc/doubles/ecr';
import { exampleOf } from '@envoy-poc/layers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { exampleImage } from './testing/fixtures.ts';
import { pushTo } from './testing/push-fixture.ts';
import { temporaryWorkspace, testCredentials, type Workspace, writeCommand } from './testing/workspace.ts';

beforeEach(() => {
  for (const [name, value] of Object.entries(testCredentials)) vi.stubEnv(name, value);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

const digest = /sha256:[0-9a-f]{64}/;

/** Options that send ws-server to a double instead of to what a stack names. */
function to(double: EcrDouble, { base }: Workspace): string[] {
  return [
    '--app',
    'ws-server',
    '--repository',
    double.repositoryUrl,
    '--endpoint',
    double.endpoint,
    '--base',
    base,
  ];
}

/** Puts a command first on PATH. */
async function addCommand({ path }: Workspace, name: string, script: string): Promise<void> {
  const bin = join(path, '..', 'bin');
  await mkdir(bin, { recursive: true });
  await writeCommand(bin, name, script);
  vi.stubEnv('PATH', `${bin}${delimiter}${process.env.PATH}`);
}

test('push, push again, verify: what a user sees, and what the next layer reads', async () => {
  await using workspace = await temporaryWorkspace();
  await using double = await startEcrDouble({ partBytes: 10_000 });
  const options = to(double, workspace);
  const first = await workspace.run([...options, '--no-build']);
  expect(first).toMatchObject({ code: 0 });
  expect(first.stdout).toMatch(/^ws-server: sent [\d.]+ kB in \d blobs \(0 B in 0 blobs there already\)/);
  const readRecord = async () =>
    JSON.parse(await readFile(join(workspace.path, 'dist/images/ws-server.json'), 'utf8'));
  const { dev: handover, ...others } = await readRecord();
  expect(others).toEqual({});
  expect(handover.reference).toBe(`${double.repositoryUrl}@${double.store.tags.get(handover.tag)}`);
  expect(handover.platforms).toEqual(['linux/amd64', 'linux/arm64']);
  const bom = JSON.parse(await readFile(join(workspace.path, 'dist/images/ws-server.cdx.json'), 'utf8'));
  expect(bom.bomFormat).toBe('CycloneDX');

  const again = await workspace.run([...options, '--no-build', '--json']);
  expect(JSON.parse(again.stdout)).toMatchObject([{ action: 'pushed', missing: { blobs: 0, bytes: 0 } }]);
  expect(again.stderr).toBe('');

  await workspace.run([...options, '--no-build', '--stack', 'staging', '--tag', 'v2']);
  expect(await readRecord()).toMatchObject({ dev: handover, staging: { tag: 'v2' } });

  const verified = await workspace.run([...options, '--no-build', '--verify']);
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('holds exactly this image') });

  // Two platforms, the index over them, the SBOM.
  expect(double.store.images.size).toBe(4);
});

test('--verify finds one changed byte in one layer', async () => {
  await using workspace = await temporaryWorkspace();
  await using double = await startEcrDouble({ partBytes: 10_000 });
  const options = [...to(double, workspace), '--no-build'];
  await workspace.run(options);
  const [name, layer] = [...double.store.layers][0] ?? [];
  if (layer) layer[layer.length - 1] = (layer.at(-1) ?? 0) ^ 1;
  const verified = await workspace.run([...options, '--verify']);
  expect(verified.code).toBe(1);
  expect(verified.stderr).toMatch(new RegExp(`layer ${name} has content of digest ${digest.source}`));
});

test('--dry-run says what would be sent, and sends and writes nothing', async () => {
  await using workspace = await temporaryWorkspace();
  await using double = await startEcrDouble();
  const run = await workspace.run([...to(double, workspace), '--no-build', '--dry-run']);
  expect(run.stdout).toMatch(/^ws-server: would send [\d.]+ kB in \d blobs/);
  const asked = double.calls.map(({ operation }) => operation).sort();
  expect(asked).toEqual(['BatchCheckLayerAvailability', 'BatchGetImage']);
  await expect(stat(join(workspace.path, 'dist'))).rejects.toThrow();
});

test('--output writes all apps into one layout or archive, needs no registry, and spares a folder of files', async () => {
  await using workspace = await temporaryWorkspace();
  const options = ['--no-build', '--base', workspace.base];
  const layout = join(workspace.path, 'out/layout');
  expect(await workspace.run([...options, '--output', `oci:${layout}`])).toMatchObject({ code: 0 });
  expect(await workspace.run([...options, '--output', `oci:${layout}`])).toMatchObject({ code: 0 });
  const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
  const names = index.manifests.map((each: { annotations: object }) => Object.values(each.annotations)[1]);
  expect(names).toEqual(['ws-server', 'ws-client', 'endpoint-picker']);
  const archives = ['a.tar', 'b.tar'].map((name) => join(workspace.path, 'out', name));
  for (const archive of archives) await workspace.run([...options, '--output', `archive:${archive}`]);
  const [a, b] = await Promise.all(archives.map((archive) => readFile(archive)));
  expect(a?.equals(b ?? Buffer.alloc(0))).toBe(true);
  const refused = await workspace.run([...options, '--output', `oci:${workspace.path}`]);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is not an OCI layout') });
  expect((await readdir(join(workspace.path, 'out'))).sort()).toEqual(['a.tar', 'b.tar', 'layout']);
});

test('Ctrl-C within a layer: exit 130, no tag, nothing left behind, and the next run completes it', async () => {
  await using workspace = await temporaryWorkspace();
  await using double = await startEcrDouble();
  const child = await workspace.start([...to(double, workspace), '--no-build']);
  double.faultOf = ({ operation }) => {
    if (operation !== 'UploadLayerPart') return undefined;
    if (!child.killed) child.kill('SIGINT');
    return 'stall';
  };
  const [code] = await once(child, 'close');
  expect(code).toBe(130);
  expect(double.store.tags.size).toBe(0);
  const left = await readdir(workspace.path, { recursive: true });
  expect(left.filter((name) => name.includes('.part'))).toEqual([]);
  double.faultOf = () => undefined;
  expect(await workspace.run([...to(double, workspace), '--no-build'])).toMatchObject({ code: 0 });
  expect(double.store.tags.size).toBe(1);
});

test('the repository is the one that pulumi says the registry layer publishes', async () => {
  await using workspace = await temporaryWorkspace();
  await using double = await startEcrDouble({ partBytes: 10_000 });
  const outputs = exampleOf('registry');
  outputs.repositories['ws-server'].url = double.repositoryUrl;
  await addCommand(workspace, 'pulumi', `cat <<'X'\n${JSON.stringify(outputs)}\nX`);
  const options = [
    '--endpoint',
    double.endpoint,
    '--base',
    workspace.base,
    '--no-build',
    '--app',
    'ws-server',
  ];
  expect(await workspace.run(options)).toMatchObject({ code: 0 });
  expect(double.store.tags.size).toBe(1);
});

describe('bundling', () => {
  const args = ({ path, base }: Workspace) => [
    ...['--app', 'ws-server', '--base', base, '--output', `oci:${path}/out`],
  ];

  test('is left to the build target of the apps', async () => {
    await using workspace = await temporaryWorkspace();
    await addCommand(workspace, 'npx', 'echo "$@" >called');
    expect(await workspace.run(args(workspace))).toMatchObject({ code: 0 });
    expect(await readFile(join(workspace.path, 'called'), 'utf8')).toMatch(
      /^nx run-many -t build -p ws-server /,
    );
  });

  test('that fails shows what the build said', async () => {
    await using workspace = await temporaryWorkspace();
    await addCommand(workspace, 'npx', 'echo "main.ts: a fault"; exit 1');
    const run = await workspace.run(args(workspace));
    expect(run).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/nx run-many .* ended with 1:\nmain\.ts: a fault/),
    });
  });

  test('that was left out, with no bundle there: the error names the target', async () => {
    await using workspace = await temporaryWorkspace();
    await rm(join(workspace.path, 'apps/ws-server/dist'), { recursive: true });
    const without = await workspace.run([...args(workspace), '--no-build']);
    expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('npx nx run ws-server:build') });
  });
});

test('what AWS refuses is one sentence with the next step, exit 1', async () => {
  await using workspace = await temporaryWorkspace();
  await using double = await startEcrDouble();
  double.faultOf = () => new EcrFault('RepositoryNotFoundException', 'no such repository');
  const run = await workspace.run([...to(double, workspace), '--no-build']);
  expect(run).toMatchObject({ code: 1, stderr: expect.stringMatching(/npx nx run registry:deploy/) });
  expect(run.stderr).not.toMatch(/\n {4}at /);
});

test.each(['--output', 'handover', 'cache'])(
  '%s to a place that cannot be written: its path, exit 1',
  async (what) => {
    await using workspace = await temporaryWorkspace();
    await using double = await startEcrDouble({ partBytes: 10_000 });
    // A file where a folder is needed: root may write everywhere else.
    const file = join(workspace.path, 'dist');
    await writeFile(file, '');
    vi.stubEnv('XDG_CACHE_HOME', file);
    await pushTo(double, await exampleImage());
    const host = double.endpoint.replace('http://', '');
    const base = `${host}/app@${double.store.tags.get('v1')}`;
    const args = {
      '--output': ['--no-build', '--base', workspace.base, '--output', `archive:${file}/a.tar`],
      handover: [...to(double, workspace), '--no-build'],
      cache: ['--no-build', '--base', base, '--output', `oci:${workspace.path}/out`],
    }[what];
    const run = await workspace.run(args ?? []);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(new RegExp(`${file}.*cannot be written`));
    expect(run.stderr).not.toMatch(/fault of the tool|\n {4}at /);
  },
);

test('a base image that is gone: its name and the next step, exit 1', async () => {
  await using workspace = await temporaryWorkspace();
  await using double = await startEcrDouble();
  const host = double.endpoint.replace('http://', '');
  vi.stubEnv('XDG_CACHE_HOME', join(workspace.path, 'cache'));
  const gone = `${host}/app@sha256:${'0'.repeat(64)}`;
  const output = ['--no-build', '--output', `oci:${workspace.path}/out`];
  const registry = await workspace.run([...output, '--base', gone]);
  expect(registry).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/answered 404.*given with --base/s),
  });
  const folder = await workspace.run([...output, '--base', `oci:${workspace.path}/nowhere`]);
  expect(folder).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('nowhere is not a folder in OCI'),
  });
});

test('a profile without credentials: the error says how to log in', async () => {
  await using workspace = await temporaryWorkspace();
  await using double = await startEcrDouble();
  const files = join(workspace.path, 'no-such-file');
  const nobody = {
    AWS_CONFIG_FILE: files,
    AWS_SHARED_CREDENTIALS_FILE: files,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  for (const [name, value] of Object.entries(nobody)) vi.stubEnv(name, value);
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_PROFILE', 'team');
  const run = await workspace.run([...to(double, workspace), '--no-build']);
  expect(run).toMatchObject({ code: 1, stderr: expect.stringMatching(/aws sso login --profile team/) });
});

test('bad usage: exit 2, the value at fault, nothing on stdout', async () => {
  await using workspace = await temporaryWorkspace();
  const run = await workspace.run(['--tag', 'a/b']);
  expect(run).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/a\/b.*A tag is/) });
});

test('--help is on stdout and exits 0', async () => {
  await using workspace = await temporaryWorkspace();
  const run = await workspace.run(['--help']);
  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('--dry-run'), stderr: '' });
});
