import { runProcess } from '#runtime';
import { why } from './cli.ts';

export const main = (argv: readonly string[]) => runProcess(why, argv);
