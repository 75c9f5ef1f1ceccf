import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layers } from '@envoy-poc/layers';
import { onTestFinished } from 'vitest';

/** The workspace. */
export const root = fileURLToPath(new URL('../../../../..', import.meta.url));
const main = fileURLToPath(new URL('../../../bin/envoy-poc.mjs', import.meta.url));

/** Runs the tool in a folder, with only these environment variables. */
export function stack(
  folder: string,
  words: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...words], { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr });
    });
  });
}

/**
 * The layers' folders with a `pulumi` that only writes down how it was called.
 *
 * @param resources how many each stack of each layer has
 * @param events what a preview writes into its event log
 * @param states what layers have in their states
 */
export async function fakeWorkspace(
  resources: Record<string, number>,
  events = '',
  states: Record<string, object> = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'stack-workspace-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'nx.json'), '{}');
  for (const layer of layers) {
    const to = join(folder, 'projects', layer);
    await mkdir(to, { recursive: true });
    for (const file of ['Pulumi.yaml', 'package.json', 'Pulumi.dev.yaml']) {
      await cp(join(root, 'projects', layer, file), join(to, file));
    }
    await cp(join(to, 'Pulumi.dev.yaml'), join(to, 'Pulumi.staging.yaml'));
    await writeFile(join(folder, `state-${layer}`), `${JSON.stringify(states[layer] ?? {})}\n`);
  }
  const list = Object.entries(resources).map(([name, resourceCount]) => ({ name, resourceCount }));
  const log = join(folder, 'log');
  await writeFile(join(folder, 'events'), events);
  const engine = `#!/bin/sh
while [ $# -gt 0 ]; do
  if [ "$1" = --event-log ] && [ "$PULUMI_DEBUG_COMMANDS" = true ]; then cp ${folder}/events "$2"; shift 2
  else rest="$rest $1"; shift; fi
done
set -- $rest
echo "\${PWD##*/}: $*" >> ${log}
case "$*" in "stack ls"*) echo '${JSON.stringify(list)}';; *"stack export"*) cat ${folder}/state-\${PWD##*/};; *) echo '{}';; esac
`;
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin/pulumi'), engine, { mode: 0o755 });
  const calls = async (kind: RegExp) => {
    const text = await readFile(log, 'utf8').catch(() => '');
    return text.split('\n').filter((line) => kind.test(line));
  };
  const env = { PULUMI_CONFIG_PASSPHRASE: 'x', PATH: `${join(folder, 'bin')}:/usr/bin:/bin` };
  return {
    folder,
    in: (layer: string) => join(folder, 'projects', layer),
    run: (layer: string, words: string[], more: NodeJS.ProcessEnv = {}) =>
      stack(join(folder, 'projects', layer), words, { ...env, ...more }),
    /** The calls of `pulumi` that change something, each with its layer. */
    changes: () => calls(/: (up|destroy|refresh) /),
    /** The previews. */
    previews: () => calls(/: preview /),
  };
}
