import { runProcess } from '#runtime';
import { cleanup } from './cli.ts';

export const main = (argv: readonly string[]) => runProcess(cleanup, argv);
