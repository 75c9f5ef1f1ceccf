import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Verb } from './verbs.ts';

const workspace = join(import.meta.dirname, '../../../../..');

/** The other words, where one of them is `--all`. */
export function allWords(words: readonly string[]): string[] | undefined {
  return words.includes('--all') ? words.filter((word) => word !== '--all') : undefined;
}

/** Does it to every layer, in the order that Nx's task graph has. @returns the exit code */
export function runAll(verb: Verb, words: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const nx = join(workspace, 'node_modules/nx/dist/bin/nx.js');
  const child = spawn(process.execPath, [nx, 'run-many', '-t', verb, ...words], {
    cwd: workspace,
    env,
    stdio: 'inherit',
  });
  // An interrupt reaches Nx by the terminal; a signal to this process alone is handed on.
  const wait = () => {};
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGINT', wait).on('SIGTERM', pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}
