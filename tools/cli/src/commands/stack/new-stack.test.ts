import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StackError } from './errors.ts';
import { selectStack } from './new-stack.ts';
import { fakeWorkspace } from './testing.ts';

const key = 'awskms:///alias/envoy-poc?region=us-east-1';
const text = `# by hand\nsecretsprovider: ${key}\nconfig:\n  aws:region: us-east-1\n`;

/** Makes a stack whose file has some text, with a Pulumi that leaves another text there. */
async function made(before: string, after: string, error?: StackError) {
  const workspace = await fakeWorkspace({});
  const folder = workspace.in('network');
  const file = join(folder, 'Pulumi.staging.yaml');
  await writeFile(file, before);
  const asked: string[][] = [];
  const run = selectStack({ layer: 'network', stack: 'staging', folder }, async (words) => {
    asked.push([...words]);
    await writeFile(file, after);
    if (error) throw error;
    return '';
  });
  const failure = await run.then(
    () => undefined,
    (thrown: Error) => thrown.message,
  );
  return { asked: asked.flat(), failure, text: await readFile(file, 'utf8') };
}

test('the secrets provider of the file is handed on, and its key is kept', async () => {
  const after = text.replace('config:', 'encryptedkey: abc\nconfig:');
  const { asked, failure, text: left } = await made(text, after);
  expect(asked).toEqual(['stack', 'select', 'staging', '--create', '--secrets-provider', key]);
  expect(failure).toBeUndefined();
  expect(left).toBe(`${text}encryptedkey: abc\n`);
});

test.each([
  ['a typed value', 'config:\n  network:flowLogs: true\n', 'config:\n  network:flowLogs: "true"\n'],
  ['no end of line', '# mine\nconfig:\n  network:zoneCount: 0x2', 'config:\n  network:zoneCount: "2"\n'],
  ['an empty file', '', ''],
])('%s stays as a person wrote it, and the salt comes after it', async (_, before, rewritten) => {
  const { failure, text: left } = await made(before, `${rewritten}encryptionsalt: v1:x\n`);
  expect(failure).toBeUndefined();
  expect(left).toBe(`${before}${before && !before.endsWith('\n') ? '\n' : ''}encryptionsalt: v1:x\n`);
});

test('a file to which no line can be added gets what Pulumi wrote', async () => {
  const after = 'config: {network:flowLogs: "true"}\nencryptionsalt: v1:x\n';
  const { failure, text: left } = await made('{config: {network:flowLogs: true}}\n', after);
  expect(failure).toBeUndefined();
  expect(left).toBe(after);
});

test('a file that names none gets the salt of a passphrase', async () => {
  const { asked, failure } = await made('config: {}\n', 'encryptionsalt: v1:x\nconfig: {}\n');
  expect(asked).toEqual(['stack', 'select', 'staging', '--create']);
  expect(failure).toBeUndefined();
});

test('a Pulumi that takes a passphrase all the same leaves the file as it was', async () => {
  const { failure, text: left } = await made(
    text,
    'encryptionsalt: v1:x\nconfig:\n  aws:region: us-east-1\n',
  );
  expect(failure).toMatch(
    /would have changed secretsprovider and encryptionsalt in projects\/network\/Pulumi.staging/,
  );
  expect(left).toBe(text);
});

test('a Pulumi that fails leaves the file as it was', async () => {
  const { failure, text: left } = await made(text, 'config: {}\n', new StackError('no such key'));
  expect(failure).toBe('no such key');
  expect(left).toBe(text);
});

test('a run says where its state is, and that it is not where the project keeps it', async () => {
  const workspace = await fakeWorkspace({ dev: 1 });
  const own = await workspace.run('network', ['preview']);
  expect(own.output).toMatch(/^state: s3:\/\/[a-z0-9.-]+\/[\w./-]+\?/m);
  expect(own.output).not.toContain('warning:');
  for (const verb of ['preview', 'deploy', 'refresh', 'drift', 'destroy', 'outputs']) {
    const left = await workspace.run('workloads', [verb], { PULUMI_BACKEND_URL: 'file:///tmp/left' });
    expect(left.output, verb).toMatch(/^state: file:\/\/\/tmp\/left$/m);
    expect(left.output, verb).toMatch(/^warning: PULUMI_BACKEND_URL puts the state in file:\/\/\/tmp\/left/m);
  }
}, 120_000);
