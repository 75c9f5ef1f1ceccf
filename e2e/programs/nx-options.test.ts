import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { haveCommand } from '@envoy-poc/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

let folder: string;
let log: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nx-plugin-'));
  log = join(folder, 'log');
  // Every stack has resources, but those of layers that others need, so that no guard but ours stands in the way.
  const engine = `#!/bin/sh
echo "\${PWD##*/}: $*" | sed 's/ --event-log [^ ]*//' >> ${log}
case "$*" in "stack ls"*) case $PWD in */workloads) echo '[{"name":"dev","resourceCount":2}]';; *) echo '[]';; esac;; *) echo '{}';; esac
`;
  await writeFile(join(folder, 'pulumi'), engine, { mode: 0o755 });
});
beforeEach(() => writeFile(log, ''));
afterAll(() => rm(folder, { recursive: true }));

const program = join(root, 'node_modules/nx/dist/bin/nx.js');
/** @param isolated whether Nx runs plugins in processes of their own, as it does by default; that costs it a second */
function environment(isolated = true): NodeJS.ProcessEnv {
  const { STACK: _, ...env } = process.env;
  const PATH = `${folder}:${process.env.PATH}`;
  return {
    ...env,
    PATH,
    PULUMI_CONFIG_PASSPHRASE: 'x',
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    NX_ISOLATE_PLUGINS: String(isolated),
    // An Nx that runs beside this one would share its graph, and what our plugin said of its command line.
    NX_WORKSPACE_DATA_DIRECTORY: join(folder, 'nx'),
  };
}

/** Runs Nx where no terminal is. */
function nx(...words: string[]): Promise<{ code: number; output: string }> {
  return nxIn('.', words, false);
}

/** The same in a folder of the workspace. */
function nxIn(
  folder: string,
  words: readonly string[],
  isolated = true,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const options = { cwd: join(root, folder), env: environment(isolated) };
    execFile(process.execPath, [program, ...words], options, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), output: (stdout + stderr).replaceAll(/\s+/g, ' ') });
    }).stdin?.end();
  });
}

const calls = async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== '');
const destroys = async () => (await calls()).filter((line) => / (destroy|up) /.test(line));

describe('Nx itself', { timeout: 120_000 }, () => {
  test.each([
    [['run', 'registry:destroy', '--target', 'urn:x', '--yes'], 'Nx keeps --target for itself'],
    [['run', 'platform:destroy', '--cwd', 'projects/workloads', '--yes'], 'Nx itself would obey --cwd'],
    [['run', 'registry:destroy', '--remove', '--yes'], '--remove belongs to one layer'],
    [['run-many', '-t', 'destroy'], 'add --yes'],
  ])('%j starts nothing', async (words, message) => {
    const { code, output } = await nxIn('.', words, words.includes('--target'));
    expect(output).toContain(message);
    expect(code).toBe(1);
    expect(await calls()).toEqual([]);
  });

  test('a layer that only the folder names is asked about too', async () => {
    const { code, output } = await nxIn('projects/network', ['destroy']);
    expect(output).toContain('in 4 layers: workloads, platform, cluster, network. Nothing was started');
    expect(code).toBe(1);
    expect(await calls()).toEqual([]);
  });

  test('a graph is not drawn either of what would not be run', async () => {
    const file = join(folder, 'graph.json');
    const { output } = await nx('run', 'network:deploy', '--exclude', 'urn:x', `--graph=${file}`);
    expect(output).toContain('cd projects/network && npx envoy-poc deploy --exclude=urn:x');
    expect(existsSync(file)).toBe(false);
  });

  test('what it hands on arrives', async () => {
    await nx('run', 'workloads:destroy', '--', '--target', 'urn:x::y', '-m', 'a (b); c & d');
    expect(await destroys()).toEqual([
      'workloads: destroy --yes --stack dev --target=urn:x::y --message=a (b); c & d --non-interactive',
    ]);
  });

  test('with --yes, several layers are destroyed without a question', async () => {
    await nx('run', 'registry:destroy', '--yes');
    expect(await destroys()).toEqual(['workloads: destroy --yes --stack dev --yes --non-interactive']);
  });

  test.skipIf(!haveCommand('script', 'Install util-linux.') || process.platform !== 'linux').each([
    ['n', 0],
    ['y', 1],
  ])('asks once on a terminal; %s', async (answer, destroyed) => {
    const output = await onTerminal(`${process.execPath} ${program} run registry:destroy`, answer);
    expect(output.match(/Go on\?/g)).toHaveLength(1);
    expect(output).toContain('stack dev has in 2 layers: workloads, registry');
    expect(await destroys()).toHaveLength(destroyed);
  });
});

/** Runs a command on a terminal of its own, and answers its question. */
function onTerminal(command: string, answer: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: root, env: environment() });
    let output = '';
    let answered = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (answered || !output.includes('Go on?')) return;
      answered = true;
      child.stdin.write(`${answer}\n`);
    });
    child.once('error', reject);
    child.once('close', () => resolve(output));
  });
}
