import { runRecorded } from '#runtime/testing';
import { verify } from '../cli.ts';

/** Runs the command line in this process. */
export const runVerify = (argv: readonly string[], root: string, env: NodeJS.ProcessEnv = {}) =>
  runRecorded(verify, argv, root, env);
