import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NoOperationTraceWriter } from '@actions/workflow-parser/templates/trace-writer';
import { parseWorkflow } from '@actions/workflow-parser/workflows/workflow-parser';
import { commitAll, git, repositoryOf, root } from '@envoy-poc/doubles';
import { platformFileOf, profilesOf } from '@envoy-poc/layers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pulumiVersion } from '../helpers/ci/actions.ts';
import { holds } from '../helpers/ci/expressions.ts';
import { contextsOf, runJob } from '../helpers/ci/job.ts';
import { type Call, callsIn, standIns } from '../helpers/ci/stand-ins.ts';
import { type Job, readWorkflow, type Workflow } from '../helpers/ci/workflow.ts';

const names = readdirSync(join(root, '.github/workflows'));
const workflows = names.map((name) => readWorkflow(root, name));
const jobs = workflows.flatMap((workflow) => workflow.jobs.map((job) => ({ workflow, job })));
const [deploy, pullRequest] = ['deploy.yml', 'pull-request.yml'].map((name) => readWorkflow(root, name)) as [
  Workflow,
  Workflow,
];

/** What only deploys and previews may know. */
const secret = /^AWS_(ACCESS|SECRET|SESSION)|^PULUMI_CONFIG_PASSPHRASE$/;
const isNx = ({ words }: Call) => words[0] === 'npx';
const isInstall = ({ words }: Call) => words.slice(0, 2).join(' ') === 'npm ci';

let folder: string;
let origin: string;
let base: string;
let head: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'envoy-poc-workflows-'));
  origin = join(folder, 'origin');
  repositoryOf(root, origin);
  base = git(origin, 'rev-parse', 'HEAD').trim();
  head = advance();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Puts one more commit on `main`. */
function advance(): string {
  git(origin, 'rm', '--quiet', readdirSync(join(origin, 'docs')).map((name) => `docs/${name}`)[0] ?? '');
  commitAll(origin, 'One more');
  return git(origin, 'rev-parse', 'HEAD').trim();
}

/** Runs a job with stand-ins of the commands that it runs, each of which writes down what it was given; `fails` fails. */
async function run(workflow: Workflow, job: Job, sha = head, fails = '') {
  const place = mkdtempSync(join(folder, `${job.id}-`));
  const { env, record } = standIns(place, origin);
  const workspace = join(place, 'workspace');
  const ran = await runJob(workflow, job, {
    workspace,
    origin,
    env: { ...env, RUNNER_TEMP: place, FAILS: fails },
    instead: { 'e2e/setup >"$RUNNER_TEMP/made"': () => writeFileSync(join(place, 'made'), '') },
    contexts: contextsOf({ sha, base, token: 'token-of-github', passphrase: 'passphrase' }),
  });
  return { ran, workspace, calls: callsIn(record), failed: ran.filter(({ ok }) => !ok) };
}

describe.each(jobs)('$job.id of $workflow.on', ({ workflow, job }) => {
  let result: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    result = await run(workflow, job);
  });

  test('runs to its end', () => {
    expect(result.failed.map(({ step, output }) => `${step.name}: ${output}`)).toEqual([]);
    expect(result.calls.filter(isInstall)).toHaveLength(1);
  });

  test('says how deep its clone is; what asks for the difference to another commit has both', () => {
    const checkouts = job.steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    for (const checkout of checkouts) expect(checkout.with).toHaveProperty('fetch-depth');
    for (const { words, env } of result.calls.filter((call) => call.words.includes('affected'))) {
      expect(
        git(result.workspace, 'merge-base', env.NX_BASE ?? '', env.NX_HEAD ?? ''),
        words.join(' '),
      ).toContain(base);
    }
  });

  test('packages are installed before anything is secret, and their scripts get no identity', () => {
    for (const { words, env } of result.calls.filter(isInstall)) {
      expect(Object.keys(env).filter((name) => secret.test(name))).toEqual([]);
      if ('ACTIONS_ID_TOKEN_REQUEST_TOKEN' in env) expect(words).toContain('--ignore-scripts');
    }
  });

  test('what works on stacks shows what it does: Nx would leave out what succeeds', () => {
    for (const { words, env } of result.calls.filter((call) =>
      /\b(deploy|preview)$/.test(call.words.join(' ')),
    )) {
      expect(env.NX_DEFAULT_OUTPUT_STYLE, words.join(' ')).toBe('static');
    }
  });

  test('only what works on stacks has the passphrase', () => {
    for (const { words, env } of result.calls) {
      const stacks = isNx({ words, env }) && /\b(deploy|preview)\b/.test(words.join(' '));
      expect(env.PULUMI_CONFIG_PASSPHRASE, words.join(' ')).toBe(stacks ? 'passphrase' : undefined);
    }
  });
});

test.each(workflows)(
  'GitHub can read $file, and it asks for nothing that it does not name',
  ({ file, text, permissions }) => {
    const { context } = parseWorkflow({ name: file, content: text }, new NoOperationTraceWriter());
    expect(context.errors.getErrors().map(({ message }) => message)).toEqual([]);
    expect(permissions).toEqual({});
  },
);

test('actions of others are pinned by commit', () => {
  const used = jobs.flatMap(({ job }) => job.steps.flatMap(({ uses }) => uses ?? []));
  expect(used.length).toBeGreaterThan(8);
  for (const uses of used) expect(uses).toMatch(/@[0-9a-f]{40}$/);
});

describe('a deploy', () => {
  const job = deploy.jobs.find(({ id }) => id === 'deploy') as Job;

  test('renews its session before each of its stages, and ends with all layers', async () => {
    const { calls } = await run(deploy, job);
    const stages = calls.filter(isNx);
    expect(stages.length).toBeGreaterThan(1);
    expect(stages.at(-1)?.words).toEqual(['npx', 'nx', 'run-many', '-t', 'deploy']);
    const sessions = stages.map(({ env }) => env.AWS_ACCESS_KEY_ID);
    expect(new Set(sessions).size).toBe(stages.length);
    const profiles = calls.filter(({ words }) => words[0] === 'aws' && words.includes('aws_access_key_id'));
    for (const profile of profilesOf(platformFileOf(root))) {
      const given = profiles.filter(({ words }) => words.includes(profile)).map(({ words }) => words[4]);
      expect(given, profile).toEqual(sessions);
    }
  });

  test('of a commit that is no longer the head of main does nothing, and says so', async () => {
    const { failed, calls, ran } = await run(deploy, job, base);
    expect(failed.map(({ output }) => output).join()).toMatch(new RegExp(`${base}.*${head}`));
    expect(calls.filter(isNx)).toEqual([]);
    expect(ran.filter(({ env }) => 'AWS_ACCESS_KEY_ID' in env)).toEqual([]);
  });

  // GitHub keeps one waiting run of a group and drops it for the next. A job's group is entered when the jobs before it
  // are over, so that a slow older run would drop a newer one; a workflow's is entered when it is pushed.
  test('waits its turn from the push on, and is never cut short', () => {
    expect(deploy.concurrency).toEqual({ group: expect.any(String), 'cancel-in-progress': false });
    expect(deploy.jobs.filter(({ concurrency }) => concurrency)).toEqual([]);
  });
});

test('recordings of runs that went wrong are kept, and only then', async () => {
  const wholeRuns = readWorkflow(root, 'whole-runs.yml');
  const local = wholeRuns.jobs.find(({ id }) => id === 'local') as Job;
  const uploads = async (fails?: string) => {
    const { ran } = await run(wholeRuns, local, head, fails);
    return ran.flatMap(({ step }) =>
      step.uses?.startsWith('actions/upload-artifact@') ? step.with.path : [],
    );
  };
  expect(await uploads('npx nx run e2e:local')).toEqual(['e2e/.recordings/']);
  expect(await uploads()).toEqual([]);
});

test('a newer commit of a pull request ends the preview of the one before', () => {
  expect(pullRequest.concurrency?.['cancel-in-progress']).toBe(true);
  expect(pullRequest.concurrency?.group).toContain('github.event.pull_request.number');
});

test('nothing is deployed or previewed that was not tested, and a fork gets no credentials', () => {
  expect(deploy.jobs.find(({ id }) => id === 'deploy')?.needs).toEqual(['test']);
  const preview = pullRequest.jobs.find(({ id }) => id === 'preview');
  expect(preview?.needs).toEqual(['check']);
  const from = (full_name: string) => ({
    github: { repository: 'org/repo', event: { pull_request: { head: { repo: { full_name } } } } },
  });
  expect(holds(preview?.if ?? '', from('org/repo'))).toBe(true);
  expect(holds(preview?.if ?? '', from('fork/repo'))).toBe(false);
});

test('the Pulumi CLI has its version from one place, and is not older than the SDK', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string }>;
  };
  const sdk = lock.packages['node_modules/@pulumi/pulumi']?.version ?? '';
  const steps = jobs
    .flatMap(({ job }) => job.steps)
    .filter(({ uses }) => uses?.startsWith('pulumi/actions@'));
  expect(steps.length).toBeGreaterThan(1);
  for (const step of steps) {
    expect(step.with).toHaveProperty('pulumi-version-file');
    const cli = pulumiVersion(root, step.with);
    expect(cli.localeCompare(sdk, 'en', { numeric: true }), `${cli} against ${sdk}`).toBeGreaterThanOrEqual(
      0,
    );
  }
});
