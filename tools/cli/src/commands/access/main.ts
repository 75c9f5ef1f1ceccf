import { runProcess } from '#runtime';
import { access } from './cli.ts';

export const main = (argv: readonly string[]) => runProcess(access, argv);
