import { existsSync, readFileSync } from 'node:fs';
import { exampleOf } from '@envoy-poc/layers';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { RunTool, ToolResult } from '#runtime';
import { previewOnBackend, whyNotDeployed } from './on-backend.ts';
import { root } from './testing.ts';

const answered = (stdout: string, stderr = '', code = 0): ToolResult => ({ code, stdout, stderr });

test('previews a layer in its folder with a copy of its settings, which is gone in the end', async () => {
  const before = readFileSync(`${root}/projects/cluster/Pulumi.dev.yaml`, 'utf8');
  let file = '';
  const run: RunTool = async (command, args, options) => {
    expect([command, ...args]).toEqual(
      expect.arrayContaining(['pulumi', 'preview', '--json', '--show-sames']),
    );
    expect(options?.cwd).toBe(`${root}/projects/cluster`);
    file = args.at(-1) ?? '';
    const { config } = parse(readFileSync(file, 'utf8')) as { config: object };
    expect(config).toMatchObject({ 'aws:region': 'us-east-1', 'cluster:version': '1.35' });
    return answered('{"steps": []}');
  };
  const previewer = previewOnBackend(run, root, 'dev');
  expect(await previewer.preview('cluster', { version: '1.35' })).toEqual({ ok: true, resources: [] });
  expect(existsSync(file)).toBe(true);
  await previewer.close();
  expect(existsSync(file)).toBe(false);
  expect(readFileSync(`${root}/projects/cluster/Pulumi.dev.yaml`, 'utf8')).toBe(before);
});

test('a failure is told by what pulumi said', async () => {
  const previewer = previewOnBackend(async () => answered('', 'error: it is locked', 255), root, 'dev');
  expect(await previewer.preview('cluster')).toEqual({ ok: false, errors: ['it is locked'] });
  await previewer.close();
});

test('a stack is deployed when all of its layers can be read; else the first reason is told', async () => {
  const outputs: RunTool = async (_, __, options) =>
    answered(JSON.stringify(exampleOf(options?.cwd?.split('/').at(-1) as 'network')));
  const without =
    (layer: string, stderr: string): RunTool =>
    async (command, args, options) =>
      options?.cwd?.endsWith(layer) ? answered('', stderr, 255) : outputs(command, args, options);
  expect(await whyNotDeployed(outputs, root, 'dev')).toBeUndefined();
  const none = without('platform', "error: no stack named 'dev' found");
  expect(await whyNotDeployed(none, root, 'dev')).toBe('platform has no stack dev in this backend');
  const unread = without(
    'network',
    'error: unable to open bucket s3://state: get credentials: SSO session expired',
  );
  expect(await whyNotDeployed(unread, root, 'dev')).toBe(
    'the state of network cannot be read: SSO session expired',
  );
});
