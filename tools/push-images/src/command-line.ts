import { Command, InvalidArgumentError, Option } from 'commander';
import { type AppName, appNames, defaultBase } from './apps.ts';
import { type Output, parseOutput } from './publish/layout.ts';

/** What to build, and what to do with it. */
export interface PushOptions {
  readonly apps: readonly AppName[];
  readonly stack: string;
  /** Instead of what the registry layer's stack publishes. */
  readonly repository?: string | undefined;
  /** Where the ECR API is, if not at AWS. */
  readonly endpoint?: string | undefined;
  readonly base: string;
  readonly platforms?: readonly string[] | undefined;
  /** Instead of a tag that says content and commit. */
  readonly tag?: string | undefined;
  /** Whether to bundle first. */
  readonly build: boolean;
  /** Write to disk instead of pushing. */
  readonly output?: Output | undefined;
  /** `push`; or only say what would move; or only compare what is there. */
  readonly mode: 'push' | 'plan' | 'verify';
  /** Print one JSON document. */
  readonly json: boolean;
}

/**
 * Reads the command line.
 *
 * @param stdout where help is printed
 * @param name what the help calls the command
 * @returns undefined when it asked for help only, which is printed
 * @throws {CommanderError} with the value that is wrong
 */
export function parseCommandLine(
  argv: readonly string[],
  stdout: NodeJS.WritableStream = process.stdout,
  name = 'push-images',
): PushOptions | undefined {
  const command = pushCommand(name)
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), outputError: () => {} });
  command.on('option:ignore-unknown', () => command.allowUnknownOption().allowExcessArguments());
  let options: PushOptions | undefined;
  command.action((given: Given) => {
    options = optionsOf(given);
  });
  command.parse(argv, { from: 'user' });
  return options;
}

/** The command's definition. */
export function pushCommand(name: string): Command {
  return new Command(name)
    .description('Builds the images of the apps without a container engine and pushes them to ECR.')
    .allowExcessArguments(false)
    .option('--stack <name>', "the registry layer's stack (also $STACK)", process.env.STACK || 'dev')
    .addOption(
      new Option('--app <name...>', `which apps (default: ${appNames.join(', ')})`).choices(appNames),
    )
    .option('--repository <url>', 'push to this repository instead; requires one --app')
    .option('--endpoint <url>', 'URL of the ECR API, if not that of AWS', httpUrl)
    .option('--base <image>', 'base image: NAME@sha256:DIGEST, or oci:DIR', defaultBase)
    .option(
      '--platform <os/arch...>',
      'platforms (default: linux/amd64 and linux/arm64, if the base image has them)',
    )
    .option('--tag <tag>', 'tag (default: short digest and commit)', tagName)
    .option('--no-build', 'use the existing bundles in dist')
    .option('--ignore-unknown', 'ignore options of other commands, which Nx passes from deploys')
    .option('--output <where>', 'write to oci:DIR or archive:FILE.tar instead of pushing', parseOutput)
    .addOption(
      new Option('--dry-run', 'print what would be sent, and send nothing').conflicts(['output', 'verify']),
    )
    .addOption(
      new Option('--verify', 'compare every byte in the registry with this build').conflicts('output'),
    )
    .option('--json', 'print the result as JSON', false)
    .addHelpText('after', helpAfter(name));
}

const helpAfter = (name: string) => `
The repositories are outputs of the registry layer. Credentials come from AWS_PROFILE, the stack's aws:profile, or another
source of the AWS SDK. Results go to stdout, progress to stderr. Exit: 0 done, 1 failed, 2 bad usage, 130 interrupted.

Examples:
  ${name} --stack dev                          push all apps
  ${name} --app ${appNames[0]} --dry-run            print what would be sent
  ${name} --output oci:dist/layout             write a folder for skopeo and others, without a registry
  ${name} --base oci:DIR --output archive:a.tar   build without network access
  ${name} --verify                             compare the registry with this commit`;

/** Options as commander gives them. */
interface Given extends Omit<PushOptions, 'apps' | 'platforms' | 'mode'> {
  readonly app?: readonly AppName[];
  readonly platform?: readonly string[];
  readonly dryRun?: boolean;
  readonly verify?: boolean;
  readonly ignoreUnknown?: boolean;
}

function optionsOf({ app, platform, dryRun, verify, ignoreUnknown: _, ...same }: Given): PushOptions {
  return {
    ...same,
    apps: app ?? appNames,
    platforms: platform?.flatMap((list) => list.split(',')),
    mode: dryRun ? 'plan' : verify ? 'verify' : 'push',
  };
}

/** OCI distribution-spec 1.1: the form of a tag. */
function tagName(value: string): string {
  if (/^\w[\w.-]{0,127}$/.test(value)) return value;
  throw new InvalidArgumentError('A tag is letters, digits, _ . and -, at most 128 of them.');
}

function httpUrl(value: string): string {
  if (/^https?:$/.test(URL.parse(value)?.protocol ?? '')) return value;
  throw new InvalidArgumentError('Give a URL like http://127.0.0.1:5566.');
}
