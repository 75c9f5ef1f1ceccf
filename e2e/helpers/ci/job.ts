import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { actions } from './actions.ts';
import { type Contexts, fill, holds } from './expressions.ts';
import type { Job, Step, Texts, Workflow } from './workflow.ts';

/** Where a job runs, and for what. */
export interface Runner {
  /** The folder of the job's working tree; made where it is missing. */
  workspace: string;
  /** The repository that stands for the one on GitHub. */
  origin: string;
  /** `github`, `vars` and `secrets`; `github.sha` is the commit that is checked out. */
  contexts: Contexts & { github: { sha: string; repository: string } & Record<string, unknown> };
  /** What a process has on the runner before the workflow adds to it. */
  env: NodeJS.ProcessEnv;
  /** Stands between the workflow and the cloud: changes what a step's process gets. */
  replace?: (env: NodeJS.ProcessEnv) => NodeJS.ProcessEnv;
  /** What to do in the place of a command, by its text. */
  instead?: Readonly<Record<string, () => void>>;
}

/** What GitHub and this repository's settings say in a run for a pull request of `sha` onto `base`. */
export function contextsOf({
  sha,
  base,
  token,
  passphrase,
}: Record<'sha' | 'base' | 'token' | 'passphrase', string>) {
  return {
    github: {
      ...{ sha, token, repository: 'org/repo' },
      event: { pull_request: { number: 1, base: { sha: base }, head: { sha } } },
    },
    vars: {
      AWS_REGION: 'us-east-1',
      AWS_DEPLOY_ROLE_ARN: 'arn:deploy',
      AWS_PREVIEW_ROLE_ARN: 'arn:preview',
    },
    secrets: { PULUMI_CONFIG_PASSPHRASE: passphrase },
  } satisfies Runner['contexts'];
}

/** A step that ran. */
export interface Ran {
  step: Step;
  /** What the workflow gave it by way of variables, and not the runner. */
  env: Texts;
  ok: boolean;
  output: string;
}

/** Runs the steps of a job in their order, as a runner of GitHub does: after one that fails only those that ask for that. */
export async function runJob(workflow: Workflow, job: Job, runner: Runner): Promise<Ran[]> {
  mkdirSync(runner.workspace, { recursive: true });
  let sticky: Texts = {};
  const ran: Ran[] = [];
  let failed = false;
  for (const step of job.steps) {
    const outer = { ...runner.contexts, env: {} };
    const inputs = filled(step.inputs ?? {}, { ...outer, inputs: {} });
    const contexts = { ...outer, inputs };
    if (!holds(step.if ?? 'true', contexts, failed)) continue;
    const env = {
      ...sticky,
      ...identity(job),
      ...filled(workflow.env, contexts),
      ...filled(job.env, contexts),
      ...filled(step.env, contexts),
    };
    let result: { ok: boolean; output: string };
    const instead = runner.instead?.[step.run ?? ''];
    if (instead !== undefined) {
      instead();
      result = { ok: true, output: '' };
    } else if (step.uses === undefined) {
      result = await shell(step, fill(step.run ?? '', contexts), env, runner);
    } else {
      const given = act(step.uses, filled(step.with, contexts), job, runner, ran.length);
      result = given;
      sticky = { ...sticky, ...given.env };
    }
    ran.push({ step, env, ...result });
    failed ||= !result.ok;
  }
  return ran;
}

/** With this a process gets a token that says who the job is, and with that a session of a role. */
function identity({ permissions }: Job): Texts {
  if (permissions['id-token'] !== 'write') return {};
  return { ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:9/', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'token' };
}

function act(uses: string, inputs: Texts, { permissions }: Job, runner: Runner, count: number) {
  const { workspace, origin, contexts } = runner;
  try {
    const action = actions[uses.split('@', 1)[0] ?? ''];
    if (!action) throw new Error(`there is no stand-in for ${uses}`);
    const env = action({ inputs, workspace, origin, sha: contexts.github.sha, permissions, count });
    return { ok: true, output: '', env };
  } catch (error) {
    return { ok: false, output: String(error), env: {} };
  }
}

async function shell(step: Step, script: string, given: Texts, runner: Runner) {
  const flags = step.shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail'] : ['-e'];
  const { sha, repository } = runner.contexts.github;
  const env = {
    ...runner.env,
    CI: 'true',
    GITHUB_SHA: sha,
    GITHUB_REPOSITORY: repository,
    GITHUB_WORKSPACE: runner.workspace,
    ...given,
  };
  const child = spawn('bash', [...flags, '-c', script], {
    cwd: runner.workspace,
    env: runner.replace?.(env) ?? env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { ok: code === 0, output };
}

function filled(values: Texts, contexts: Contexts): Texts {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fill(value, contexts)]));
}
