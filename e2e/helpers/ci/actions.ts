import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Texts } from './workflow.ts';

/** What an action gets to work with. */
export interface ActionCall {
  /** What the workflow gives it. */
  inputs: Texts;
  /** The job's working tree. */
  workspace: string;
  /** A repository that stands for the one on GitHub, and the commit that the run is about. */
  origin: string;
  sha: string;
  permissions: Texts;
  /** Counts the calls of all actions of a job. */
  count: number;
}

/** The longest session of a role that nobody gave another maximum; seconds. */
const ROLE_SESSION_SECONDS = 3600;

/**
 * Stand-ins for the actions of others that the workflows use, by name without version. Each gives the variables that
 * all later steps of the job have, and throws where the action would fail.
 */
export const actions: Readonly<Record<string, (call: ActionCall) => Texts>> = {
  'actions/checkout': ({ inputs, workspace, origin, sha }) => {
    const depth = Number(inputs['fetch-depth'] ?? 1);
    const ref = inputs.ref || sha;
    const git = (...words: string[]) => execFileSync('git', words, { cwd: workspace, stdio: 'pipe' });
    git('init', '--quiet', '--initial-branch=main');
    git('remote', 'add', 'origin', `file://${origin}`);
    if (depth === 0) git('fetch', '--quiet', 'origin', '+refs/heads/*:refs/remotes/origin/*');
    else git('fetch', '--quiet', '--no-tags', `--depth=${depth}`, 'origin', ref);
    git('checkout', '--quiet', '--force', '-B', 'main', ref);
    return {};
  },
  'actions/setup-node': ({ inputs, workspace }) => {
    const wanted = readFileSync(join(workspace, inputs['node-version-file'] ?? ''), 'utf8').trim();
    const [major] = process.versions.node.split('.');
    if (wanted !== major) throw new Error(`setup-node: this is Node ${process.version}, not ${wanted}`);
    if (inputs.cache === 'npm' && !existsSync(join(workspace, 'package-lock.json'))) {
      throw new Error('setup-node: Dependencies lock file is not found');
    }
    return {};
  },
  'actions/upload-artifact': ({ inputs }) => {
    if (!inputs.path) throw new Error('Input required and not supplied: path');
    return {};
  },
  'pulumi/actions': ({ inputs, workspace }) => {
    pulumiVersion(workspace, inputs);
    return {};
  },
  'aws-actions/configure-aws-credentials': ({ inputs, permissions, count }) => {
    if (permissions['id-token'] !== 'write') throw new Error('Could not load credentials from any providers');
    if (!inputs['role-to-assume'] || !inputs['aws-region'])
      throw new Error('Input required and not supplied');
    if (Number(inputs['role-duration-seconds'] ?? ROLE_SESSION_SECONDS) > ROLE_SESSION_SECONDS) {
      throw new Error(
        'Could not assume role with OIDC: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      );
    }
    return {
      AWS_DEFAULT_REGION: inputs['aws-region'],
      AWS_REGION: inputs['aws-region'],
      AWS_ACCESS_KEY_ID: `ASIASESSION${count}`,
      AWS_SECRET_ACCESS_KEY: `secret-of-session-${count}`,
      AWS_SESSION_TOKEN: `token-of-session-${count}`,
    };
  },
};

/** Which version of the Pulumi CLI a step installs. */
export function pulumiVersion(workspace: string, inputs: Texts): string {
  const { 'pulumi-version': version, 'pulumi-version-file': file } = inputs;
  if (version !== undefined && file !== undefined)
    throw new Error("only one of 'pulumi-version' and its file");
  if (version !== undefined) return version;
  if (file === undefined) throw new Error('the Pulumi CLI is not pinned');
  return readFileSync(join(workspace, file), 'utf8').trim();
}
