import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { layers } from '@envoy-poc/layers';
import { configInTests, namesInTests } from '@envoy-poc/layers/testing/names';
import { onTestFinished, vi } from 'vitest';
import { stringify } from 'yaml';

const root = resolve(import.meta.dirname, '../../../../..');

/** What is on a machine. */
export interface MachineOptions {
  /** Settings of the layers of each stack, by full key. */
  readonly stacks: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** `~/.aws/config`. */
  readonly awsConfig: string;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** A person's machine. */
export interface TestMachine {
  /** The home, which is the workspace's folder too. */
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** Puts a program on PATH, where nothing else is: this machine may have the real one. */
  install(program: string, script: string): Promise<void>;
}

/** Sets a machine up, for this process too, for as long as a test runs. */
export async function testMachine({ stacks, awsConfig, env }: MachineOptions): Promise<TestMachine> {
  const home = await mkdtemp(join(tmpdir(), 'envoy-poc-machine-'));
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true });
  });
  for (const layer of layers) {
    const to = join(home, 'projects', layer);
    await mkdir(to, { recursive: true });
    await cp(join(root, 'projects', layer, 'Pulumi.yaml'), join(to, 'Pulumi.yaml'));
    for (const [stack, settings] of Object.entries(stacks)) {
      const own = Object.entries(settings).filter(
        ([key]) => key.startsWith(`${layer}:`) || key.startsWith('aws:'),
      );
      const common = {
        'aws:region': namesInTests.region,
        'aws:profile': namesInTests.profile,
        ...configInTests(layer),
      };
      const file = stringify({ config: { ...common, ...Object.fromEntries(own) } });
      await writeFile(join(to, `Pulumi.${stack}.yaml`), file);
    }
  }
  await mkdir(join(home, 'bin'));
  await writeFile(join(home, 'aws-config'), awsConfig);
  const set = {
    HOME: home,
    PATH: join(home, 'bin'),
    AWS_CONFIG_FILE: join(home, 'aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, 'none'),
    KUBECONFIG: undefined,
    AWS_PROFILE: undefined,
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
    AWS_SESSION_TOKEN: undefined,
    AWS_REGION: undefined,
    AWS_DEFAULT_REGION: undefined,
    AWS_ENDPOINT_URL: undefined,
    PULUMI_BACKEND_URL: undefined,
    ...env,
  };
  for (const [name, value] of Object.entries(set)) vi.stubEnv(name, value);
  return {
    home,
    env: { ...process.env },
    install: (program, script) => writeFile(join(home, 'bin', program), script, { mode: 0o755 }),
  };
}
