import { runProcess } from '#runtime';
import { checkServer } from './cli.ts';

export const main = (argv: readonly string[]) => runProcess(checkServer, argv);
