import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
