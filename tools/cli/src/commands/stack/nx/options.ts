import { createRequire } from 'node:module';

// Nx's own copies: what it would make of a command line is asked of it, and not written down a second time.
const here = createRequire(import.meta.url);
const nx = createRequire(here.resolve('nx/package.json'));

type Settings = Record<'alias' | 'array' | 'boolean' | 'string' | 'number' | 'key', unknown>;
interface Yargs {
  getOptions(): Settings & { alias: Record<string, string[]>; key: Record<string, boolean> };
}
type Builder = (yargs: Yargs) => Yargs;
interface Parsed {
  _: string[];
  '--'?: string[];
  [option: string]: unknown;
}

/** The commands of Nx that run tasks; a target by its name alone, as in `nx destroy registry`, is a `run`. */
export type NxCommandName = 'run' | 'run-many' | 'affected';

const builders: Record<NxCommandName, () => Builder> = {
  run: () => here('nx/src/command-line/run/command-object.js').yargsRunCommand.builder,
  'run-many': () => here('nx/src/command-line/run-many/command-object.js').yargsRunManyCommand.builder,
  affected: () => here('nx/src/command-line/affected/command-object.js').yargsAffectedCommand.builder,
};

/** Takes a command line apart as one of Nx's commands does. */
export function parseAs(command: NxCommandName, argv: readonly string[]): Parsed {
  const { defaultYargsParserConfiguration } = here('nx/src/command-line/yargs-utils/shared-options.js');
  const { alias, array, boolean, string, number, key } = optionsOf(command);
  return nx('yargs-parser')([...argv], {
    ...{ alias, array, boolean, string, number, key },
    configuration: defaultYargsParserConfiguration,
  });
}

/** Every name that an option of one of Nx's commands has, without hyphens: `targets`, `target`, `t`, `output-style`, … */
export function nxNames(command: NxCommandName): ReadonlySet<string> {
  const { alias, key } = optionsOf(command);
  const names = [...Object.keys(key), ...Object.entries(alias).flat(2)];
  const hyphens = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return new Set([...names, ...names.map(hyphens), ...names.map((name) => `no-${hyphens(name)}`)]);
}

function optionsOf(command: NxCommandName) {
  return builders[command]()(nx('yargs')([])).getOptions();
}

/**
 * What Nx's executor of commands takes out of the words that it should hand on, and obeys itself: `--cwd` moves a task
 * to another folder (`propKeys` in nx/src/executors/run-commands/run-commands.impl.js; a test compares).
 */
export const executorNames: readonly string[] = [
  'command',
  'commands',
  'color',
  'no-color',
  'parallel',
  'no-parallel',
  'readyWhen',
  'cwd',
  'args',
  'envFile',
  '__unparsed__',
  'env',
  'usePty',
  'streamOutput',
  'verbose',
  'forwardAllArgs',
  'tty',
];
