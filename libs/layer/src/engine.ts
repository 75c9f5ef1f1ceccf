import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LocalWorkspace, type Stack } from '@pulumi/pulumi/automation/index.js';
import { parse, stringify } from 'yaml';

/** A stack on the real engine, in a backend of its own. */
export interface TemporaryStack extends AsyncDisposable {
  stack: Stack;
  /** Changes the configuration; `undefined` takes a key back to its default. Keys without a project are this one's. */
  configure(config: Record<string, string | number | boolean | undefined>): Promise<void>;
}

/**
 * Makes a stack of a project, in a temporary folder. What it deploys is yours to destroy.
 *
 * @param folder the project's folder by its whole path, with its `Pulumi.yaml`
 * @param options.main another program of the same project, by its path in the folder
 */
export async function temporaryStack(
  folder: string,
  options: { main?: string; env?: Record<string, string> } = {},
): Promise<TemporaryStack> {
  const workDir = mkdtempSync(join(tmpdir(), 'envoy-poc-stack-'));
  const project = parse(readFileSync(join(folder, 'Pulumi.yaml'), 'utf8')) as Record<string, unknown>;
  const main = join(folder, options.main ?? String(project.main));
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
      for (const [key, value] of Object.entries(config)) {
        if (value === undefined) await stack.removeConfig(key);
        else await stack.setConfig(key, { value: String(value) });
      }
    },
    async [Symbol.asyncDispose]() {
      rmSync(workDir, { recursive: true, force: true });
    },
  };
}

/**
 * Whether there is a real cluster to deploy to. If not, says so loudly; in CI (`CI=true`) that is an error, so that no
 * test loses its cluster unnoticed.
 */
export function haveCluster(): boolean {
  const missing = missingForCluster();
  if (missing === undefined) return true;
  if (process.env.CI === 'true') throw new Error(missing);
  process.stderr.write(`SKIPPED: ${missing}\n`);
  return false;
}

/** What there is to say when there is no engine: `pulumi` on PATH. */
export function missingPulumi(): string | undefined {
  if (spawnSync('pulumi', ['version']).status === 0) return undefined;
  return 'no pulumi on PATH; install it: https://www.pulumi.com/docs/install/';
}

function missingForCluster(): string | undefined {
  const pulumi = missingPulumi();
  if (pulumi !== undefined) return pulumi;
  if (!process.env.KUBECONFIG)
    return 'KUBECONFIG is not set; set it to the kubeconfig of a cluster for tests';
  const ready = spawnSync('kubectl', ['get', '--raw', '/readyz'], { timeout: 10_000 });
  if (ready.status !== 0) return `kubectl reaches no cluster by KUBECONFIG=${process.env.KUBECONFIG}`;
  return undefined;
}

/** Runs kubectl and gives its output; `input`, an object, goes to its standard input. */
export async function kubectl(args: string[], input?: object): Promise<string> {
  const running = promisify(execFile)('kubectl', args, { timeout: 60_000, maxBuffer: 1e8 });
  running.child.stdin?.end(input && JSON.stringify(input));
  return (await running).stdout;
}
