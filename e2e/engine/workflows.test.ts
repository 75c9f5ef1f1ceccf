import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Rehearsal } from '@envoy-poc/doubles';
import { commitAll, git, linkPackages, pathWith } from '@envoy-poc/doubles';
import { backendUrl, layers } from '@envoy-poc/layers';
import { haveCommand } from '@envoy-poc/testing';
import { describe, expect, test } from 'vitest';
import { contextsOf, type Ran, runJob } from '../helpers/ci/job.ts';
import { type Job, readWorkflow } from '../helpers/ci/workflow.ts';
import { platform, scenarios } from './setting.ts';

const stateOfTheProject = backendUrl(platform, false);

/** Packages are installed and five layers deployed, one after the other: on a busy machine a quarter of an hour. */
const patience = { timeout: 3_600_000 };

/** Runs a job of a workflow as a runner of GitHub does, with nothing of this workspace but its Node. */
function run(rehearsal: Rehearsal, file: string, id: string, base: string, instead = {}) {
  const workflow = readWorkflow(rehearsal.origin, file);
  const job = workflow.jobs.find((each) => each.id === id) as Job;
  const [workspace, home, bin] = ['', '-home', '-bin'].map((suffix) =>
    join(rehearsal.folder, id + suffix),
  ) as [string, string, string];
  for (const folder of [home, bin]) mkdirSync(folder);
  const sha = git(rehearsal.origin, 'rev-parse', 'HEAD').trim();
  writeFileSync(join(bin, 'gh'), `#!/bin/sh\necho ${sha}\n`);
  chmodSync(join(bin, 'gh'), 0o755);
  const ran = runJob(workflow, job, {
    workspace,
    origin: rehearsal.origin,
    contexts: contextsOf({ sha, base, token: '', passphrase: 'rehearsal' }),
    env: {
      PATH: pathWith(bin, dirname(process.execPath)),
      HOME: home,
      // Where packages come from, and are kept.
      npm_config_cache: process.env.npm_config_cache ?? join(homedir(), '.npm'),
      npm_config_userconfig: process.env.npm_config_userconfig ?? join(homedir(), '.npmrc'),
      ...(process.env.HTTPS_PROXY && { HTTPS_PROXY: process.env.HTTPS_PROXY }),
      ...rehearsal.doubles(),
    },
    replace: (env) => {
      expect(env.PULUMI_BACKEND_URL).toBe(stateOfTheProject);
      return { ...env, PULUMI_BACKEND_URL: `file://${join(rehearsal.folder, 'state')}` };
    },
    instead: { 'npm ci --ignore-scripts': () => linkPackages(workspace), ...instead },
  });
  return { ran, workspace };
}

const failures = (ran: Ran[]) =>
  ran.filter(({ ok }) => !ok).map(({ step, output }) => `${step.name}\n${output}`);

/** Every file of the backend, with a digest. */
function stateOf({ folder }: Rehearsal): Record<string, string> {
  // Not by a glob, which passes over `.pulumi`.
  const all = readdirSync(join(folder, 'state'), { recursive: true, encoding: 'utf8' });
  const files = all.map((path) => join(folder, 'state', path));
  const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
  return Object.fromEntries(
    files.filter((path) => statSync(path).isFile()).map((path) => [path, digest(path)]),
  );
}

describe.skipIf(!haveCommand('aws', 'Install the AWS CLI, as runners of GitHub have it.'))(
  'what CI runs',
  () => {
    scenarios('in a clone as deep as the workflow says', (rehearsal) => {
      test(
        'deploy.yml installs its packages and deploys all layers, each stage in a session of its own',
        patience,
        async () => {
          const { ran: running, workspace } = run(rehearsal(), 'deploy.yml', 'deploy', '', {
            'npm ci --ignore-scripts': undefined,
          });
          const ran = await running;
          expect(failures(ran)).toEqual([]);
          expect(git(workspace, 'rev-list', '--count', 'HEAD').trim()).toBe('1');
          const output = ran.at(-1)?.output ?? '';
          for (const layer of layers) expect(output).toContain(`✓ ${layer}:deploy`);
          expect(rehearsal().signers()).toEqual([ran.at(-1)?.env.AWS_ACCESS_KEY_ID]);
        },
      );

      test('pull-request.yml previews what a commit changes; no state is written, and no lock', async () => {
        const { origin } = rehearsal();
        const base = git(origin, 'rev-parse', 'HEAD').trim();
        const file = join(origin, 'projects/registry/Pulumi.dev.yaml');
        writeFileSync(file, `${readFileSync(file, 'utf8')}  registry:keepImages: 3\n`);
        git(origin, 'add', '--all');
        commitAll(origin, 'Keep three images');
        const before = stateOf(rehearsal());
        expect(Object.keys(before).length, 'files of the backend').toBeGreaterThan(5);
        const account = rehearsal().account();
        const ran = await run(rehearsal(), 'pull-request.yml', 'preview', base).ran;
        expect(failures(ran)).toEqual([]);
        const output = ran.at(-1)?.output ?? '';
        expect(output, 'what a preview says is its purpose').toMatch(/aws:ecr:LifecyclePolicy .* replace/);
        expect(output).toContain('✓ registry:preview');
        expect(output).not.toContain('network:preview');
        expect(stateOf(rehearsal())).toEqual(before);
        expect(rehearsal().account()).toEqual(account);
      });
    });
  },
);
