import { pulumiCommand, verbs } from '../verbs.ts';
import { type PulumiOption, parseHelp } from './parse-help.ts';

/** The options of the commands of the Pulumi CLI that verbs run. */
export interface OptionTable {
  /** The CLI's version. */
  version: string;
  /** By command, such as `up` or `stack output`. */
  commands: Record<string, PulumiOption[]>;
}

/** Asks a Pulumi CLI for its options. */
export function readTable(pulumi: (...words: string[]) => string): OptionTable {
  const commands = [...new Set(verbs.map(pulumiCommand))];
  return {
    version: pulumi('version').trim().replace(/^v/, ''),
    commands: Object.fromEntries(
      commands.map((command) => [command, parseHelp(pulumi(...command.split(' '), '--help'))]),
    ),
  };
}
