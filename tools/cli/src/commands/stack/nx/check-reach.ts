import { readCommandLine } from '../command-line.ts';
import { UsageError } from '../errors.ts';
import { type Given, parseWords } from '../words.ts';
import type { NxCommand } from './command.ts';
import type { Reached } from './reach.ts';
import { formThatWorks } from './refuse.ts';

/** Options of Pulumi about resources, settings or files of one stack. */
const ofOneLayer = [
  ...['target', 'target-dependents', 'target-replace', 'replace', 'exclude', 'exclude-dependents', 'remove'],
  ...['config', 'config-path', 'import-file', 'save-plan', 'import-pending-creates', 'clear-pending-creates'],
];

/**
 * Reads the words that reach layers, as each of them will.
 *
 * @throws {UsageError} for words that are no good, or that belong to one layer where several are reached
 */
export function checkWords(command: NxCommand, reached: readonly Reached[], env: NodeJS.ProcessEnv): void {
  for (const { verb } of reached) {
    const { words } = readCommandLine(verb, command.arriving, { folder: '.', env });
    const layers = reached.filter((other) => other.verb === verb).map(({ layer }) => layer);
    const bound = words.options.find(({ name }) => ofOneLayer.includes(name));
    if (bound === undefined || layers.length === 1) continue;
    throw new UsageError(
      `--${bound.name} belongs to one layer, and this ${verb} reaches ${layers.join(', ')}. Nothing was started. ` +
        `This works, in the layer that is meant: ${formThatWorks(command, verb)}`,
    );
  }
}

/** The question before several layers are destroyed; undefined where there is none. */
export function questionOf(
  command: NxCommand,
  reached: readonly Reached[],
  env: NodeJS.ProcessEnv,
): string | undefined {
  const layers = reached
    .filter(({ verb }) => verb === 'destroy')
    .map(({ layer }) => layer)
    .reverse();
  if (layers.length < 2) return undefined;
  const { options } = parseWords('destroy', command.arriving);
  if (isOn(options, 'preview-only') || isOn(options, 'yes')) return undefined;
  const { stack } = readCommandLine('destroy', command.arriving, { folder: '.', env });
  return `This deletes everything that stack ${stack} has in ${layers.length} layers: ${layers.join(', ')}.`;
}

/** Whether a yes-or-no option is on: the last one holds, as Pulumi has it (https://pkg.go.dev/strconv#ParseBool). */
function isOn(options: readonly Given[], name: string): boolean {
  const last = options.findLast((option) => option.name === name);
  return last !== undefined && /^(1|t|T|TRUE|true|True)$/.test(last.value ?? 'true');
}
