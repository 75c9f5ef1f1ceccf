import { runProcess } from '#runtime/main';
import { why } from './cli.ts';

export const main = (argv: readonly string[]) => runProcess(why, argv);
