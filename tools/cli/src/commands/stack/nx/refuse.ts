import { UsageError } from '../errors.ts';
import { type Verb, verbs } from '../verbs.ts';
import { optionsOf, type PulumiArguments, parseWords, pulumiWordsOf } from '../words.ts';
import type { NxCommand } from './command.ts';
import { executorNames, nxNames } from './options.ts';

/** The verbs that a command line asks for. The push of an image deploys its repository first. */
export function verbsOf({ name, specifier, own }: NxCommand): Verb[] {
  const named = name === 'run' && specifier !== undefined ? [specifier.split(':').at(-1)] : [];
  const targets = String(own.targets ?? own.target ?? '').split(',');
  const wanted = new Set([
    ...named,
    ...(specifier?.includes(':') ? [specifier.split(':')[1]] : []),
    ...targets,
  ]);
  return verbs.filter((verb) => wanted.has(verb) || (verb === 'deploy' && wanted.has('push')));
}

/**
 * Makes sure that every word reaches the tasks as it was typed.
 *
 * @throws {UsageError} naming the word that would not, and the form that works
 */
export function checkArrival(command: NxCommand): void {
  for (const verb of verbsOf(command)) {
    const at = command.before.findIndex((word, index) =>
      keeps(command, verb, word, command.before[index + 1]),
    );
    if (at >= 0) {
      const kept = nameOf(command.before[at] ?? '');
      throw new UsageError(
        `Nx keeps ${kept} for itself: pulumi would not get it. Nothing was started. ` +
          `For pulumi: ${formThatWorks(command, verb)}${formForNx(kept)}`,
      );
    }
    const [lost] = command.lost;
    if (lost !== undefined) {
      throw new UsageError(
        `Nx drops ${lost}, because it stands before --: nobody would get it. Nothing was started. Leave the -- out, or: ` +
          formThatWorks(command, verb),
      );
    }
    const obeyed = command.arriving.find((word) => executorNames.includes(longName(word)));
    if (obeyed !== undefined) {
      throw new UsageError(
        `Nx itself would obey ${nameOf(obeyed)}, and pulumi would not get it. Nothing was started. ` +
          `For pulumi: ${formThatWorks(command, verb)}`,
      );
    }
    const changed = command.arriving.find((word) => !survives(word));
    if (changed !== undefined) {
      throw new UsageError(
        `Nx hands ${changed} to a shell, which would change it. Nothing was started. This works: ` +
          formThatWorks(command, verb),
      );
    }
  }
}

/**
 * Whether Nx takes a word that is not meant for it: an option that Pulumi has too, or one that nobody has. Its parser
 * takes `--exclude-protected` for its own `--exclude`, because it begins like it, and then forgets it.
 */
function keeps(command: NxCommand, verb: Verb, word: string, next: string | undefined): boolean {
  const { name, specifier, project, arriving, lost } = command;
  if (!/^-{1,2}[A-Za-z]/.test(word) || arriving.includes(word) || lost.includes(word)) return false;
  const options = optionsOf(verb);
  const nx = nxNames(name);
  const long = longName(word);
  const names = long === '' ? [...(/^-([A-Za-z]+)/.exec(word)?.[1] ?? '')] : [long];
  return names.some((option) => {
    if (option === 'help' || option === 'version') return false;
    if (!nx.has(option)) return true;
    if (!options.some((known) => known.name === option || known.short === option)) return false;
    const urn = isUrn(word) || (!word.includes('=') && isUrn(next));
    if (option === 'target' || option === 't') return name === 'run' ? specifier !== undefined : urn;
    if (option === 'p') return name === 'run' && (project !== undefined || specifier?.includes(':') === true);
    if (option === 'exclude') return name === 'run' || urn;
    return true;
  });
}

/** Whether it can only be meant for Pulumi: a URN, or a pattern of URNs. */
function isUrn(word: string | undefined): boolean {
  return /::|\burn:|\*\*/.test(word ?? '');
}

/** The name of an option in its long form, without what negates it; empty for other words. */
function longName(word: string): string {
  const name = /^--([^=.]+)/.exec(word)?.[1] ?? '';
  return name.replace(/^no-(?=parallel$|verbose$|color$)/, '');
}

function nameOf(word: string): string {
  return word.startsWith('--') ? word.replace(/=.*$/s, '') : word.slice(0, 2);
}

/** Whether a word that Nx puts into double quotes at most comes out of the shell as it went in. */
function survives(word: string): boolean {
  return !/[$`\\"']/.test(word) && !(/^-[^-]*=/.test(word) && /[|&;<>()*?[\]{}~#!\s]/.test(word));
}

/** The same in the layer's folder, where every word reaches Pulumi. */
export function formThatWorks({ name, specifier, project, typed }: NxCommand, verb: Verb): string {
  const layer = specifier?.includes(':') ? specifier.split(':')[0] : project;
  const nx = nxNames(name);
  const words = typed.filter((word, at) => {
    if (name !== 'run' && selects(typed[at - 1]) && !typed[at - 1]?.includes('=') && !isUrn(word))
      return false;
    if (name !== 'run' && selects(word) && !isUrn(word) && !isUrn(typed[at + 1])) return false;
    return !nx.has(longName(word)) || optionsOf(verb).some((option) => option.name === longName(word));
  });
  let more = '…';
  try {
    more = pulumiWordsOf(withoutFolder(parseWords(verb, words)))
      .map(quoted)
      .join(' ');
  } catch {
    // The words are no good for Pulumi either; it is enough to say where they go.
  }
  return `cd projects/${layer ?? '<layer>'} && npx envoy-poc ${verb} ${more}`.trimEnd();
}

/** Whether a word begins to say which targets or projects are meant. */
function selects(word: string | undefined): boolean {
  return /^(-t|-p|--targets?|--projects?)(=|$)/.test(word ?? '');
}

/** The folder is what `cd` says. */
function withoutFolder(words: PulumiArguments): PulumiArguments {
  return { ...words, options: words.options.filter(({ name }) => name !== 'cwd') };
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** How Nx's own meaning of an option is still to be had. */
function formForNx(option: string): string {
  if (option === '--parallel') return '; how many tasks Nx runs side by side: NX_PARALLEL=1';
  if (option === '--verbose') return '; what Nx tells more of: NX_VERBOSE_LOGGING=true';
  return '';
}
