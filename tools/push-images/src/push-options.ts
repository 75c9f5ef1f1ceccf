/** The options that only a push has, by whether a value follows. */
const valueFollows: Readonly<Record<string, boolean>> = {
  '--app': true,
  '--base': true,
  '--dry-run': false,
  '--endpoint': true,
  '--no-build': false,
  '--output': true,
  '--platform': true,
  '--repository': true,
  '--tag': true,
  '--verify': false,
};

/** The names of the options that only a push has. */
export const pushOptionNames: readonly string[] = Object.keys(valueFollows);

/** Words of a command line, taken apart. */
export interface SplitWords {
  /** The push's options, by name, each with all its words. */
  readonly push: ReadonlyMap<string, readonly string[]>;
  /** All other words. */
  readonly others: readonly string[];
}

/** Tells a push's options from others: Nx hands the options of one command on to all that it needs. */
export function splitPushOptions(words: readonly string[]): SplitWords {
  const push = new Map<string, readonly string[]>();
  const others: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const [name = ''] = word.split('=', 1);
    if (!Object.hasOwn(valueFollows, name)) others.push(word);
    else if (valueFollows[name] && name === word) push.set(name, [word, words[++at] ?? '']);
    else push.set(name, [word]);
  }
  return { push, others };
}
