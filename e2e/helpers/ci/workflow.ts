import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** Names with values that may hold expressions. */
export type Texts = Readonly<Record<string, string>>;

/** A step of a job; those of an action of this repository stand in the place of the step that uses it. */
export interface Step {
  name: string;
  uses?: string;
  with: Texts;
  run?: string;
  /** Left out, it is `bash -e`, without `pipefail`. */
  shell?: string;
  env: Texts;
  if?: string;
  /** What the action that the step belongs to was given. */
  inputs?: Texts;
}

export interface Job {
  id: string;
  needs: string[];
  if?: string;
  /** All that the job's token may do; what is not named is denied. */
  permissions: Texts;
  environment?: string;
  concurrency?: Concurrency;
  env: Texts;
  steps: Step[];
}

interface Concurrency {
  group: string;
  'cancel-in-progress'?: boolean | string;
}

export interface Workflow {
  file: string;
  text: string;
  on: Record<string, unknown>;
  concurrency?: Concurrency;
  permissions?: Texts;
  env: Texts;
  jobs: Job[];
}

type Loose = Record<string, unknown>;

/** Reads a workflow of a working tree, by its name in `.github/workflows`. */
export function readWorkflow(root: string, name: string): Workflow {
  const file = join(root, '.github/workflows', name);
  const text = readFileSync(file, 'utf8');
  const { on, concurrency, permissions, env, jobs } = parse(text) as Loose;
  return {
    file,
    text,
    on: on as Record<string, unknown>,
    ...(concurrency !== undefined && { concurrency: concurrency as Concurrency }),
    ...(permissions !== undefined && { permissions: permissions as Texts }),
    env: texts(env),
    jobs: Object.entries(jobs as Record<string, Loose>).map(([id, job]) => jobOf(root, id, job)),
  };
}

function jobOf(root: string, id: string, job: Loose): Job {
  return {
    id,
    needs: [job.needs ?? []].flat() as string[],
    ...(job.if !== undefined && { if: String(job.if) }),
    permissions: texts(job.permissions),
    ...(job.environment !== undefined && { environment: job.environment as string }),
    ...(job.concurrency !== undefined && { concurrency: job.concurrency as Concurrency }),
    env: texts(job.env),
    steps: (job.steps as Loose[]).flatMap((step) => stepsOf(root, step)),
  };
}

function stepsOf(root: string, raw: Loose): Step[] {
  const step: Step = {
    name: String(raw.name ?? raw.run ?? raw.uses).split('\n', 1)[0] ?? '',
    with: texts(raw.with),
    env: texts(raw.env),
    ...(typeof raw.uses === 'string' && { uses: raw.uses }),
    ...(typeof raw.run === 'string' && { run: raw.run }),
    ...(typeof raw.shell === 'string' && { shell: raw.shell }),
    ...(raw.if !== undefined && { if: String(raw.if) }),
  };
  if (!step.uses?.startsWith('./')) return [step];
  const action = parse(readFileSync(join(root, step.uses, 'action.yml'), 'utf8')) as {
    inputs?: Record<string, { default?: unknown; required?: boolean }>;
    runs: { using: string; steps: Loose[] };
  };
  const inputs: Record<string, string> = {};
  for (const [name, input] of Object.entries(action.inputs ?? {})) {
    const value = step.with[name] ?? input.default;
    if (value === undefined && input.required) throw new Error(`${step.uses} needs ${name}`);
    inputs[name] = String(value ?? '');
  }
  return action.runs.steps.flatMap((inner) => stepsOf(root, inner).map((each) => ({ ...each, inputs })));
}

function texts(value: unknown): Texts {
  return Object.fromEntries(
    Object.entries((value ?? {}) as Loose).map(([name, each]) => [name, String(each)]),
  );
}
