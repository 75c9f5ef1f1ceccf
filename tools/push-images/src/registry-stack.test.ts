import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { exampleOf } from '@envoy-poc/layers';
import { afterEach, expect, test, vi } from 'vitest';
import { registryOutputs } from './registry-stack.ts';
import { temporaryFolder } from './testing/fixtures.ts';
import { haveCommand } from './testing/needs.ts';
import { writeCommand } from './testing/workspace.ts';

const signal = new AbortController().signal;

afterEach(() => {
  vi.unstubAllEnvs();
});

test.each([
  ['no pulumi at all', undefined, /no pulumi on PATH.*--repository/s],
  [
    'no such stack',
    `[ "$2" = ls ] && exec echo '[{"name":"acme/registry/prod"}]'; echo "error: whatever" >&2; exit 255`,
    /npx nx run registry:deploy --stack dev/,
  ],
  [
    'a stack that is there, and words as if it were not',
    `[ "$2" = ls ] && exec echo '[{"name":"acme/registry/dev"}]'; echo "no stack named 'dev'" >&2; exit 255`,
    /could not read the outputs of stack dev.*no stack named/s,
  ],
  [
    'no login',
    'echo "error: PULUMI_ACCESS_TOKEN must be set" >&2; exit 255',
    /PULUMI_ACCESS_TOKEN must be set/,
  ],
  ['outputs that break the contract', `echo '{"region":"us-east-1"}'`, /output repositories is missing/],
])('%s: the error says what to do', async (_, script, message) => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, 'projects/registry'), { recursive: true });
  vi.stubEnv('PATH', script ? `${folder.path}${delimiter}${process.env.PATH}` : folder.path);
  if (script) await writeCommand(folder.path, 'pulumi', script);
  await expect(registryOutputs(folder.path, 'dev', signal)).rejects.toThrow(message);
});

test.runIf(haveCommand('pulumi', 'Install it: https://www.pulumi.com/docs/install'))(
  'what a real stack of Pulumi has as outputs is read and checked',
  async () => {
    await using folder = await temporaryFolder();
    const project = join(folder.path, 'projects/registry');
    await mkdir(project, { recursive: true });
    await writeFile(join(project, 'Pulumi.yaml'), 'name: registry\nruntime: nodejs\n');
    vi.stubEnv('PULUMI_BACKEND_URL', `file://${folder.path}`);
    vi.stubEnv('PULUMI_CONFIG_PASSPHRASE', 'test');
    vi.stubEnv('PULUMI_SKIP_UPDATE_CHECK', 'true');
    const pulumi = (args: string[], input = '') => execFileSync('pulumi', args, { cwd: project, input });
    pulumi(['stack', 'init', 'organization/registry/other', '--non-interactive']);
    const state = JSON.parse(pulumi(['stack', 'export']).toString());
    state.deployment.resources = [
      {
        urn: 'urn:pulumi:other::registry::pulumi:pulumi:Stack::registry-other',
        type: 'pulumi:pulumi:Stack',
        custom: false,
        outputs: exampleOf('registry'),
      },
    ];
    pulumi(['stack', 'import'], JSON.stringify(state));
    expect(await registryOutputs(folder.path, 'other', signal)).toEqual(exampleOf('registry'));
    await expect(registryOutputs(folder.path, 'dev', signal)).rejects.toThrow(
      /layer registry has no stack dev/,
    );
  },
);
