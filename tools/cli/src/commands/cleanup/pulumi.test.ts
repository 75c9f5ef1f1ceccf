import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { haveCommand } from '@envoy-poc/testing';
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { mockAccount } from './testing/mocks.ts';
import { workspaceOf } from './testing/workspace.ts';

const mocks = mockAccount();
beforeEach(() => mocks.reset());
afterAll(() => mocks.restore());

/** A state with one resource, as `pulumi stack import` takes it. */
const state = {
  version: 3,
  deployment: {
    manifest: { time: '2026-11-25T00:00:00Z', magic: '', version: '' },
    resources: [
      {
        urn: 'urn:pulumi:dev::network::pulumi:pulumi:Stack::network-dev',
        custom: false,
        type: 'pulumi:pulumi:Stack',
      },
    ],
  },
};

describe.runIf(haveCommand('pulumi', 'Install it: https://www.pulumi.com/docs/install/'))(
  'with Pulumi',
  () => {
    test('what counts is what a stack has in its state', { timeout: 180_000 }, async () => {
      const backend = await mkdtemp(join(tmpdir(), 'cleanup-backend-'));
      onTestFinished(() => rm(backend, { recursive: true }));
      const workspace = await workspaceOf({
        resources: undefined,
        env: {
          PATH: process.env.PATH,
          PULUMI_BACKEND_URL: `file://${backend}`,
          PULUMI_CONFIG_PASSPHRASE: 'only-for-this-test',
        },
      });
      const cwd = join(workspace.root, 'projects', 'network');
      const pulumi = (...words: string[]) =>
        promisify(execFile)('pulumi', [...words, '--non-interactive'], { cwd, env: workspace.env });

      expect((await workspace.report()).seen.state).toBe('pass no layer has a resource in its state');
      await pulumi('stack', 'init', 'dev');
      expect((await workspace.report()).seen.state).toBe('pass no layer has a resource in its state');
      await writeFile(join(workspace.root, 'state.json'), JSON.stringify(state));
      await pulumi('stack', 'import', '--stack', 'dev', '--file', join(workspace.root, 'state.json'));
      const { seen } = await workspace.report();
      expect(seen.state).toContain('dev still has 1 resource (network 1)');
      expect(seen.vpcs).toBe('skipped because "the stack is destroyed" failed');
    });
  },
);
