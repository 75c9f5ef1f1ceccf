import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalWorkspace, type Stack } from '@pulumi/pulumi/automation/index.js';
import { parse, stringify } from 'yaml';

/** A stack on the real engine, in a backend of its own. */
export interface TemporaryStack extends AsyncDisposable {
  stack: Stack;
  /** Changes the configuration; `undefined` takes a key back to its default. Keys without a project are this one's. */
  configure(config: Record<string, string | number | boolean | undefined>): Promise<void>;
}

/**
 * Makes a stack of a project, in a folder that goes with it. What it deploys is yours to destroy.
 *
 * @param folder the project's folder, with its `Pulumi.yaml`
 * @param options.main another program of the same project, by its path in the folder
 */
export async function temporaryStack(
  folder: string,
  options: { main?: string; env?: Record<string, string> } = {},
): Promise<TemporaryStack> {
  mkdirSync(join(folder, '.local'), { recursive: true });
  const workDir = mkdtempSync(join(folder, '.local', 'stack-'));
  const project = parse(readFileSync(join(folder, 'Pulumi.yaml'), 'utf8')) as Record<string, unknown>;
  const main = join('../..', options.main ?? String(project.main));
  writeFileSync(join(workDir, 'Pulumi.yaml'), stringify({ ...project, backend: undefined, main }));
  mkdirSync(join(workDir, 'backend'));
  const envVars = {
    PULUMI_BACKEND_URL: `file://${join(workDir, 'backend')}`,
    PULUMI_CONFIG_PASSPHRASE: 'temporary',
    ...options.env,
  };
  const stack = await LocalWorkspace.createStack({ stackName: 'test', workDir }, { envVars });
  return {
    stack,
    async configure(config) {
      const entries = Object.entries(config);
      const set = entries.filter(([, value]) => value !== undefined);
      await stack.setAllConfig(
        Object.fromEntries(set.map(([key, value]) => [key, { value: String(value) }])),
      );
      await stack.removeAllConfig(entries.flatMap(([key, value]) => (value === undefined ? [key] : [])));
    },
    async [Symbol.asyncDispose]() {
      rmSync(workDir, { recursive: true, force: true });
    },
  };
}

/** What is missing to deploy to a real cluster, as a sentence that says what to do; undefined if nothing is. */
export function missingForCluster(): string | undefined {
  if (spawnSync('pulumi', ['version']).status !== 0) {
    return 'no pulumi on PATH; install it: https://www.pulumi.com/docs/install/';
  }
  if (!process.env.KUBECONFIG)
    return 'KUBECONFIG is not set; set it to the kubeconfig of a cluster for tests';
  const cluster = spawnSync('kubectl', ['get', '--raw', '/readyz'], { timeout: 10_000 });
  if (cluster.status !== 0) return `kubectl reaches no cluster by KUBECONFIG=${process.env.KUBECONFIG}`;
  return undefined;
}
