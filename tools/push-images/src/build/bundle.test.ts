import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { appNames } from '../apps.ts';
import { temporaryFolder } from '../testing/fixtures.ts';
import { appLayer } from './app-layer.ts';

const run = promisify(execFile);
const workspace = resolve(import.meta.dirname, '../../../..');

// Both apps make a server of their own; this makes that throw, deep within the bundle.
const sabotage = `require('node:http').createServer = () => { throw new Error('sabotage'); };`;

describe.each(appNames)('the bundle of %s', (app) => {
  test('is small, and its stack traces name a short line, or file and line although no source is in it', async () => {
    await using folder = await temporaryFolder();
    const dist = join(folder.path, 'dist');
    const { nx } = JSON.parse(await readFile(join(workspace, 'apps', app, 'package.json'), 'utf8'));
    const [command = '', ...args] = nx.targets.build.command.replace('dist/', `${dist}/`).split(' ');
    await run(join(workspace, 'node_modules/.bin', command), args, { cwd: join(workspace, 'apps', app) });

    const { bytes } = await appLayer(folder.path, app);
    expect(bytes.length).toBeLessThan(250_000);

    const preload = join(folder.path, 'sabotage.cjs');
    await writeFile(preload, sabotage);
    const env = { POD_IP: '127.0.0.1', EDGE_URL: 'ws://127.0.0.1:1/', LOG_LEVEL: 'silent' };
    const dies = async (...options: string[]) => {
      const started = run(process.execPath, [...options, '--require', preload, join(dist, 'main.cjs')], {
        env,
      });
      return started.then(
        () => 'it ran',
        ({ stderr }: { stderr: string }) => stderr,
      );
    };
    const plain = await dies();
    const bundled = await readFile(join(dist, 'main.cjs'), 'utf8');
    const [, at] = /main\.cjs:(\d+):\d+\)?$/m.exec(plain.slice(plain.indexOf('    at '))) ?? [];
    expect(bundled.split('\n')[Number(at) - 1], plain).toContain('createServer');

    const stderr = await dies('--enable-source-maps');
    const [, file = '', line] = /at .*?([^\s(]+\/src\/\w+\.ts):(\d+):\d+/.exec(stderr) ?? [];
    expect(file, stderr).toContain(`apps/${app}/src/`);
    const name = file.slice(file.indexOf(`apps/${app}/src/`));
    const source = await readFile(join(workspace, name), 'utf8');
    expect(source.split('\n')[Number(line) - 1]).toContain('createServer(');
  });
});
