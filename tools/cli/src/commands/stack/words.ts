import { pushOptionNames, splitPushOptions } from '@envoy-poc/push-images/push-options';
import { UsageError } from './errors.ts';
import type { PulumiOption } from './pulumi-options/parse-help.ts';
import type { OptionTable } from './pulumi-options/read-table.ts';
import table from './pulumi-options/table.json' with { type: 'json' };
import { pulumiCommand, type Verb } from './verbs.ts';

/** An option that was given, by its long name without hyphens. */
export interface Given {
  name: string;
  /** Left out where none follows. */
  value?: string;
}

/** What follows a verb, taken apart as Pulumi does. */
export interface PulumiArguments {
  options: readonly Given[];
  /** The words that are neither options nor their values. */
  plain: readonly string[];
  /** The options of a push, which Pulumi never sees: by name, each with all its words. Only a deploy has any. */
  push: ReadonlyMap<string, readonly string[]>;
}

/** The version of the Pulumi CLI whose options are known. */
export const knownPulumi = (table as OptionTable).version;

/** The options that Pulumi has for a verb. */
export function optionsOf(verb: Verb): readonly PulumiOption[] {
  return (table as OptionTable).commands[pulumiCommand(verb)] ?? [];
}

/**
 * Takes the words after a verb apart by the rules of Pulumi's own parser (https://pkg.go.dev/github.com/spf13/pflag).
 *
 * @throws {UsageError} for an option that Pulumi does not have, or that lacks its value
 */
export function parseWords(verb: Verb, words: readonly string[]): PulumiArguments {
  const { push, others } =
    verb === 'deploy' ? splitPushOptions(words) : { push: new Map<string, string[]>(), others: words };
  const options: Given[] = [];
  const plain: string[] = [];
  const rest = [...others];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') plain.push(...rest.splice(0));
    else if (word.startsWith('--')) options.push(long(verb, word, rest));
    else if (word.startsWith('-') && word !== '-') options.push(...short(verb, word, rest));
    else plain.push(word);
  }
  return { options, plain, push };
}

/** The words for Pulumi, each option in its long form and in one word. */
export function pulumiWordsOf({ options, plain }: PulumiArguments): string[] {
  const text = ({ name, value }: Given) => (value === undefined ? `--${name}` : `--${name}=${value}`);
  return [...options.map(text), ...plain];
}

function long(verb: Verb, word: string, rest: string[]): Given {
  const [, name = '', value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  const option = optionsOf(verb).find((known) => known.name === name);
  if (option === undefined) throw unknown(verb, `--${name}`);
  return given(verb, option, value, rest);
}

/** One-letter options may stand together: `-yfs dev`, `-sdev`, `-s=dev`. */
function short(verb: Verb, word: string, rest: string[]): Given[] {
  const found: Given[] = [];
  for (let letters = word.slice(1); letters !== ''; ) {
    const option = optionsOf(verb).find((known) => known.short === letters[0]);
    if (option === undefined) throw unknown(verb, `-${letters[0]}${word.length > 2 ? ` in ${word}` : ''}`);
    letters = letters.slice(1);
    let value: string | undefined;
    if (letters.startsWith('=')) [value, letters] = [letters.slice(1), ''];
    else if (option.takes === 'value' && letters !== '') [value, letters] = [letters, ''];
    found.push(given(verb, option, value, rest));
  }
  return found;
}

function given(verb: Verb, { name, takes }: PulumiOption, value: string | undefined, rest: string[]): Given {
  if (value !== undefined) return { name, value };
  if (takes !== 'value') return { name };
  const next = rest.shift();
  if (next === undefined) {
    throw new UsageError(
      `--${name} needs a value, as pulumi ${pulumiCommand(verb)} has it; nothing was touched`,
    );
  }
  return { name, value: next };
}

function unknown(verb: Verb, word: string): UsageError {
  const command = `pulumi ${pulumiCommand(verb)}`;
  const push = verb === 'deploy' ? ` of a push (${pushOptionNames.join(', ')}), nor` : '';
  return new UsageError(
    `${word} is no option${push} of ${command} (${knownPulumi}); nothing was touched. What there is: ${command} --help. ` +
      `Options of a newer Pulumi: run ${command} itself, in the layer's folder`,
  );
}
