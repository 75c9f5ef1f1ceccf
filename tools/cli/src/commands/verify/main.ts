import { runProcess } from '#runtime';
import { verify } from './cli.ts';

export const main = (argv: readonly string[]) => runProcess(verify, argv);
