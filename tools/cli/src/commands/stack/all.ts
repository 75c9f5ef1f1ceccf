import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { workspace } from './layer.ts';
import type { Verb } from './verbs.ts';
import { waitFor } from './wait-for.ts';

/** The other words, where one of them is `--all`. */
export function allWords(words: readonly string[]): string[] | undefined {
  return words.includes('--all') ? words.filter((word) => word !== '--all') : undefined;
}

/** Does it to every layer, in the order that Nx's task graph has. @returns the exit code */
export async function runAll(verb: Verb, words: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const nx = join(workspace, 'node_modules/nx/dist/bin/nx.js');
  const { code, signal } = await waitFor(
    spawn(process.execPath, [nx, 'run-many', '-t', verb, ...words], {
      cwd: workspace,
      env,
      stdio: 'inherit',
    }),
  );
  return code ?? (signal === 'SIGINT' ? 130 : 1);
}
