import { runProcess } from '#runtime';
import { cost } from './cli.ts';

export const main = (argv: readonly string[]) => runProcess(cost, argv);
