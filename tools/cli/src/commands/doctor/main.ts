import { runProcess } from '#runtime';
import { doctor } from './cli.ts';

export const main = (argv: readonly string[]) => runProcess(doctor, argv);
