import { type NxCommandName, parseAs } from './options.ts';

/** A command line of Nx that runs tasks. */
export interface NxCommand {
  name: NxCommandName;
  /** What is run, such as `registry:destroy` or `destroy`; undefined where only options say it. */
  specifier: string | undefined;
  /** The layer or app as a second word, in `nx destroy registry`. */
  project: string | undefined;
  /** Nx's own options, by each of their names. */
  own: Readonly<Record<string, unknown>>;
  /** The words as typed, without `--` and those that say what is run; and those of them before `--`. */
  typed: readonly string[];
  before: readonly string[];
  /** The words that reach the tasks. */
  arriving: readonly string[];
  /** The words that reach nobody: those before `--`. */
  lost: readonly string[];
}

/** Reads Nx's command line, without the program; undefined where it runs no task. */
export function readNxCommand(argv: readonly string[]): NxCommand | undefined {
  const first = parseAs('run', argv)._.find((word) => !String(word).startsWith('-'));
  if (first === undefined || other.includes(first)) return undefined;
  const name = first === 'run-many' || first === 'affected' ? first : 'run';
  const { _, '--': afterwards, ...own } = parseAs(name, argv);
  const plain = _.map(String);
  const named = first === 'run' || name !== 'run' ? [plain.indexOf(first)] : [];
  const after = (at: number) => (plain[at] !== undefined && !plain[at].startsWith('-') ? at : undefined);
  let specifier: number | undefined;
  let project: number | undefined;
  if (name === 'run') {
    specifier = after(plain.indexOf(first) + named.length);
    if (named.length === 0) project = after(plain.indexOf(first) + 1);
  }
  const saying = [...named, specifier, project];
  const rest = plain.filter((_word, at) => !saying.includes(at));
  const said = saying.flatMap((at) => (at === undefined ? [] : (plain[at] ?? [])));
  const typed = (words: readonly string[]) =>
    words.filter((word, at) => word !== '--' && !(said.includes(word) && words.indexOf(word) === at));
  const end = argv.indexOf('--');
  return {
    ...{ name, own },
    specifier: specifier === undefined ? undefined : plain[specifier],
    project: project === undefined ? undefined : plain[project],
    typed: typed(argv),
    before: typed(end < 0 ? argv : argv.slice(0, end)),
    arriving: afterwards?.map(String) ?? rest,
    lost: afterwards === undefined ? [] : rest,
  };
}

/** Commands of Nx that run no task of a layer. */
const other = [
  ...['graph', 'show', 'reset', 'report', 'list', 'format', 'format:check', 'format:write', 'daemon', 'sync'],
  ...[
    'sync:check',
    'migrate',
    'repair',
    'init',
    'add',
    'import',
    'generate',
    'g',
    'connect',
    'completion',
    'mcp',
  ],
];
