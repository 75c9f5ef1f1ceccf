import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Layer } from '@envoy-poc/contracts/schemas';
import { parse, stringify } from 'yaml';
import { type Resource, readAccount } from './account.ts';

const root = join(import.meta.dirname, '../../..');
const doubles = join(import.meta.dirname, '../bin');

/** Longest a command may take, in milliseconds. */
const COMMAND_TIMEOUT_MS = 120_000;

/** How a command ended. */
export interface Run {
  /** Its exit code; undefined when it was stopped. */
  code: number | undefined;
  /** What it printed, both streams. */
  output: string;
}

/**
 * The layers under the real engine, on a backend and a fake account of their own. The projects run from copies of
 * their `Pulumi.yaml`, so that the stacks' settings in the working tree stay as they are.
 */
export class Rehearsal {
  readonly stack: string;
  readonly #folder: string;

  /** @param stack the stack whose settings (`Pulumi.<stack>.yaml`) the projects have */
  constructor(stack = 'dev') {
    this.stack = stack;
    this.#folder = mkdtempSync(join(tmpdir(), 'envoy-poc-rehearsal-'));
    mkdirSync(join(this.#folder, 'state'));
  }

  /** Whether there is an engine: `pulumi` on PATH. */
  static available(): boolean {
    return spawnSync('pulumi', ['version'], { stdio: 'ignore' }).status === 0;
  }

  /** What the account holds, of all stacks. */
  account(): Resource[] {
    return readAccount(join(this.#folder, 'account.json'));
  }

  /** Copies a layer's project, some of its configuration replaced, and makes its stack. */
  async prepare(layer: Layer, config: Record<string, unknown> = {}): Promise<void> {
    const source = join(root, 'projects', layer);
    const target = join(this.#folder, layer);
    mkdirSync(target);
    const { backend: _, ...project } = parse(readFileSync(join(source, 'Pulumi.yaml'), 'utf8'));
    writeFileSync(join(target, 'Pulumi.yaml'), stringify({ ...project, main: join(source, project.main) }));
    const file = `Pulumi.${this.stack}.yaml`;
    const { encryptionsalt: __, ...settings } = parse(readFileSync(join(source, file), 'utf8'));
    writeFileSync(join(target, file), stringify(settings));
    const { code, output } = await this.pulumi(layer, 'stack', 'init', this.stack);
    if (code !== 0) throw new Error(output);
    this.configure(layer, config);
  }

  /** Replaces some of a layer's configuration. */
  configure(layer: Layer, config: Record<string, unknown>): void {
    const settings = join(this.#folder, layer, `Pulumi.${this.stack}.yaml`);
    const before = parse(readFileSync(settings, 'utf8'));
    const replaced = Object.entries(config).map(([key, value]) => [`${layer}:${key}`, value]);
    writeFileSync(
      settings,
      stringify({ ...before, config: { ...before.config, ...Object.fromEntries(replaced) } }),
    );
  }

  /** Runs `pulumi` in a layer's project. */
  pulumi(layer: Layer, ...args: string[]): Promise<Run> {
    return new Promise((resolve, reject) => {
      const child = spawn('pulumi', [...args, '--non-interactive'], {
        cwd: join(this.#folder, layer),
        timeout: COMMAND_TIMEOUT_MS,
        env: {
          ...process.env,
          PATH: `${doubles}:${process.env.PATH}`,
          PULUMI_BACKEND_URL: `file://${join(this.#folder, 'state')}`,
          PULUMI_CONFIG_PASSPHRASE: 'rehearsal',
          PULUMI_SKIP_UPDATE_CHECK: 'true',
          PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
          REHEARSE_ACCOUNT: join(this.#folder, 'account.json'),
        },
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
      }
      child.once('error', reject);
      child.once('close', (code) => resolve({ code: code ?? undefined, output }));
    });
  }

  /** Removes the copies, the backend and the account. */
  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
