import { runProcess } from '#runtime';
import { init } from './cli.ts';

export const main = (argv: readonly string[]) =>
  runProcess(async (words, surroundings) => {
    const ask = process.stdin.isTTY && process.stdout.isTTY ? (await import('./ask.ts')).terminal : undefined;
    return init(words, surroundings, ask);
  }, argv);
