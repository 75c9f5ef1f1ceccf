import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layers } from '@envoy-poc/layers';
import { CheckError, type RunTool, readStackOutputs } from '#runtime';
import { copyStackFile, type Previewer, previewWords } from './previewer.ts';
import { readPreview } from './resources.ts';

/** Longest preview of a layer, in seconds. */
const TIMEOUT_SECONDS = 600;

/**
 * Why a stack cannot be previewed as it stands, in one line; undefined when all of its layers are deployed and the
 * state can be read.
 */
export async function whyNotDeployed(run: RunTool, root: string, stack: string): Promise<string | undefined> {
  for (const layer of layers) {
    try {
      await readStackOutputs(run, root, layer, stack);
    } catch (error) {
      if (!(error instanceof CheckError)) throw error;
      const [line = ''] = error.message.split('\n');
      if (/has no stack/.test(line)) return `${layer} has no stack ${stack} in this backend`;
      // Pulumi puts the cause last, after all that came of it.
      return `the state of ${layer} cannot be read: ${line.split(': ').at(-1)}`;
    }
  }
  return undefined;
}

/** Previews layers of a deployed stack: its state, the real providers, whoever the environment says. Changes nothing. */
export function previewOnBackend(run: RunTool, root: string, stack: string): Previewer {
  const folder = mkdtempSync(join(tmpdir(), 'envoy-poc-cost-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // Also when a reader that goes away, such as `head`, ends this process.
  process.once('exit', remove);
  let runs = 0;
  return {
    on: 'backend',
    because: `stack ${stack} is deployed`,
    async close() {
      process.off('exit', remove);
      remove();
    },
    async preview(layer, settings = {}) {
      const cwd = join(root, 'projects', layer);
      runs += 1;
      const configFile = join(folder, `config-${runs}.yaml`);
      copyStackFile(join(cwd, `Pulumi.${stack}.yaml`), configFile, layer, settings);
      const result = await run('pulumi', previewWords(stack, configFile), {
        cwd,
        timeoutSeconds: TIMEOUT_SECONDS,
      });
      if (!result) throw new CheckError('pulumi is not on PATH any more', 'run this again');
      return readPreview(layer, result.stdout || result.stderr, result.code);
    },
  };
}
