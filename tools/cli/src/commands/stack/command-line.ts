import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from './errors.ts';
import { pulumiCommand, type Verb } from './verbs.ts';
import { type Given, type PulumiArguments, parseWords } from './words.ts';

/** What a command line means. */
export interface CommandLine {
  /** The stack: as the words say it, or else `STACK`, or else `dev`. */
  stack: string;
  /** All words but those that name the stack or the folder. */
  words: PulumiArguments;
}

/**
 * Reads the words after a verb. Everything that could move Pulumi to another stack, folder or program is read here and
 * nowhere else, so that what is checked and what Pulumi does are about the same stack.
 *
 * @param folder the layer's folder
 * @throws {UsageError} when words contradict each other or lead elsewhere, before anything is touched
 */
export function readCommandLine(
  verb: Verb,
  argv: readonly string[],
  { folder, env }: { folder: string; env: NodeJS.ProcessEnv },
): CommandLine {
  const words = parseWords(verb, argv);
  const stack = stackIn(words.options) ?? (env.STACK || 'dev');
  for (const { name, value = '' } of words.options) {
    if (name === 'cwd' && !sameFolder(folder, value)) {
      throw new UsageError(
        `--cwd ${value} leads to another folder than ${folder}; nothing was touched. Go there, and leave --cwd out`,
      );
    }
    if (name === 'config-file') {
      throw new UsageError(
        `--config-file ${value} takes the settings from elsewhere than Pulumi.${stack}.yaml, which is what is checked; ` +
          `nothing was touched. Put them there, or run pulumi ${pulumiCommand(verb)} itself`,
      );
    }
    if (verb === 'drift' && ['preview-only', 'expect-no-changes', 'yes', 'skip-preview'].includes(name)) {
      throw new UsageError(
        `--${name} is not for drift, which changes nothing; use refresh to change the state`,
      );
    }
  }
  const [extra] = words.plain.slice(verb === 'outputs' ? 1 : 0);
  if (extra !== undefined) {
    throw new UsageError(
      `nobody knows what "${extra}" is: ${verb} takes options only; nothing was touched. ` +
        'The stack is named with --stack, the layer by its folder',
    );
  }
  const options = words.options.filter(({ name }) => name !== 'stack' && name !== 'cwd');
  return { stack, words: { ...words, options } };
}

function stackIn(options: readonly Given[]): string | undefined {
  const named = [...new Set(options.flatMap(({ name, value }) => (name === 'stack' ? [value ?? ''] : [])))];
  if (named.length > 1) {
    throw new UsageError(
      `${named.length} stacks are named, ${named.join(' and ')}; nothing was touched. Name one`,
    );
  }
  if (named[0] === '') throw new UsageError('--stack names no stack; nothing was touched');
  return named[0];
}

function sameFolder(folder: string, other: string): boolean {
  try {
    return realpathSync(resolve(folder, other)) === realpathSync(folder);
  } catch {
    return false;
  }
}
