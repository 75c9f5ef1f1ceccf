import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** The options of a program of this folder. `--help` prints the usage; what cannot be taken ends it with exit code 2. */
export function commandLine<const T extends ParseArgsOptionsConfig>(options: T, usage: string) {
  if (process.argv.includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return fail(`${(error as Error).message}; --help shows what there is`);
  }
}

/** The value of an option that is a number from 1 to `most`. */
export function whole(option: string, text: string, most = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  return fail(
    `--${option} ${text} is not a number from 1${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ''}`,
  );
}

/** Names that `--only` gives, of those that there are. */
export function chosenParts<T extends string>(only: readonly string[], parts: readonly T[]): T[] {
  for (const name of only) {
    if (!parts.some((part) => part === name)) fail(`--only ${name} is none of ${parts.join(', ')}`);
  }
  return parts.filter((part) => only.includes(part));
}

export function fail(problem: string): never {
  console.error(`bench: ${problem}`);
  process.exit(2);
}
