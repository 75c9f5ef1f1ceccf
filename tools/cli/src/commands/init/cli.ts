import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type ConfigFault,
  firstStackOf,
  newStack,
  type PlatformFile,
  parsePlatformFile,
} from '@envoy-poc/layers';
import { parse } from 'yaml';
import {
  CheckError,
  type CommandContext,
  type CommonOptions,
  commandOf,
  runCommand,
  UsageError,
} from '#runtime';
import type { Ask } from './ask.ts';
import { diffOf } from './diff.ts';
import { changesFor, type FileChange, missing, platformYaml, read } from './files.ts';
import { type Answers, currentAnswer, flagOf, questions, withAnswers } from './questions.ts';

interface Options extends CommonOptions {
  readonly dryRun: boolean;
  readonly yes: boolean;
}

/**
 * Runs the command line of `init` and gives the exit code.
 *
 * @param ask asks at the terminal; undefined: nobody can be asked
 */
export function init(argv: readonly string[], surroundings: CommandContext, ask?: Ask): Promise<number> {
  const command = commandOf(
    'init',
    'Writes the names, regions and profiles of your account to platform.yaml and to every file that needs them.',
  )
    .option('--dry-run', 'show the changes and write nothing', false)
    .option('--yes', 'write without asking', false)
    .addHelpText(
      'after',
      `
Examples:
  npx envoy-poc init                                          ask, show the changes, write them
  npx envoy-poc init --dry-run                                show which files do not match platform.yaml
  npx envoy-poc init --region eu-west-1 --profile acme --yes  ask no questions
  npx envoy-poc init --stack staging                          add a second stack`,
    );
  for (const { flag, text } of questions) command.option(`--${flag} <value>`, text);
  return runCommand<Options>(command, argv, surroundings, async (options) => {
    const given = answersIn(command.opts());
    const platform = await platformFor(options, given, surroundings, ask);
    if (platform === undefined) {
      surroundings.stderr.write('init: stopped; nothing was written\n');
      return 130;
    }
    return apply(platform, options, surroundings, ask);
  });
}

function answersIn(values: Record<string, unknown>): Answers {
  const camel = (flag: string) => flag.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(
    questions.flatMap(({ flag }) => {
      const value = values[camel(flag)];
      return typeof value === 'string' ? [[flag, value]] : [];
    }),
  );
}

/**
 * What `platform.yaml` shall hold. Undefined: the person stopped.
 *
 * @throws {UsageError} for a bad answer
 * @throws {CheckError} for a bad `platform.yaml`
 */
async function platformFor(
  { stack, yes, dryRun, json }: Options,
  given: Answers,
  { root }: CommandContext,
  ask: Ask | undefined,
): Promise<PlatformFile | undefined> {
  const platform = withStack(await readPlatformFile(root), stack);
  const asks = ask !== undefined && !yes && !dryRun && !json && Object.keys(given).length === 0;
  const answers = asks ? await answersFrom(ask, platform, stack) : given;
  if (answers === undefined) return undefined;
  const parsed = parsePlatformFile(withAnswers(platform, stack, answers));
  if (parsed.ok) return parsed.platform;
  const named = parsed.faults.map((fault) => faultLine(fault, flagOf(fault.key, stack)));
  throw new UsageError(`${named.join('\n')}\nNothing was written.`);
}

/** Such as `--region "Ohio": an AWS region such as us-east-1`. */
function faultLine({ key, value, message }: ConfigFault, name = key): string {
  return value === undefined ? `${name} ${message}` : `${name} ${JSON.stringify(value)}: ${message}`;
}

async function readPlatformFile(root: string): Promise<PlatformFile> {
  const text = await read(root, platformYaml);
  if (text === undefined) throw missing(platformYaml);
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new CheckError(`${platformYaml} is not YAML: ${(error as Error).message}`, `edit ${platformYaml}`);
  }
  const parsed = parsePlatformFile(value);
  if (parsed.ok) return parsed.platform;
  throw new CheckError(
    `${platformYaml}: ${parsed.faults.map((fault) => faultLine(fault)).join('\n')}`,
    `edit ${platformYaml}; docs/make-it-yours.md explains it`,
  );
}

/** A stack that is not there yet is proposed. */
function withStack(platform: PlatformFile, stack: string): PlatformFile {
  if (Object.hasOwn(platform.stacks, stack)) return platform;
  return { ...platform, stacks: { ...platform.stacks, [stack]: newStack(platform, stack) } };
}

async function answersFrom(ask: Ask, platform: PlatformFile, stack: string): Promise<Answers | undefined> {
  const answers: Answers = {};
  // What all stacks have in common is asked with the first one.
  const isFirst = firstStackOf(platform)[0] === stack;
  for (const question of questions) {
    if ('quiet' in question || ('common' in question && !isFirst)) continue;
    const answer = await ask.answer(
      question.text,
      currentAnswer(platform, stack, question) ?? '',
      (value) => {
        const parsed = parsePlatformFile(
          withAnswers(platform, stack, { ...answers, [question.flag]: value }),
        );
        if (parsed.ok) return undefined;
        return parsed.faults.find(({ key }) => flagOf(key, stack) === `--${question.flag}`)?.message;
      },
    );
    if (answer === undefined) return undefined;
    answers[question.flag] = answer;
  }
  return answers;
}

async function apply(
  platform: PlatformFile,
  { stack, dryRun, yes, json }: Options,
  { root, stdout, stderr }: CommandContext,
  ask: Ask | undefined,
): Promise<number> {
  const changes = await changesFor(root, platform);
  const diffs = changes.map((change) => ({ file: change.file, diff: diffOf(change) }));
  const print = (written: boolean) => {
    if (json)
      stdout.write(
        `${JSON.stringify({ command: 'init', stack, written, platform, changes: diffs }, undefined, 2)}\n`,
      );
  };
  if (!json) for (const { diff } of diffs) stdout.write(`${diff}\n\n`);
  if (changes.length === 0 || dryRun) {
    print(false);
    if (!json)
      stdout.write(`${changes.length === 0 ? 'nothing changes' : `${counted(changes)} would change`}\n`);
    return 0;
  }
  if (!yes) {
    if (!ask || json) {
      print(false);
      throw new CheckError(`${counted(changes)} would change; nothing was written`, 'add --yes to write it');
    }
    if (!(await ask.confirm(`write this to ${counted(changes)}?`))) {
      stderr.write('init: nothing was written\n');
      return 1;
    }
  }
  for (const { file, after } of changes) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), after);
  }
  print(true);
  if (!json) {
    stdout.write(`${counted(changes)} written\n→ npx envoy-poc doctor --offline --stack ${stack}\n`);
  }
  return 0;
}

const counted = ({ length }: readonly FileChange[]) => `${length} ${length === 1 ? 'file' : 'files'}`;
