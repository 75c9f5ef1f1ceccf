import { runProcess } from '#runtime/main';
import { openConsole } from './cli.ts';

export const main = (argv: readonly string[]) => runProcess(openConsole, argv);
