import { Command, InvalidArgumentError, Option } from 'commander';
import { type AppName, appNames, defaultBase } from './apps.ts';
import { defaultAuthFile } from './base/auth-file.ts';
import { PushImagesError } from './errors.ts';
import { parseOutput } from './output/write.ts';
import type { PushOptions } from './push-apps.ts';
import type { TargetOptions } from './targets.ts';

/** A command as the user gave it, its options read and checked. */
export type Invocation = { readonly json: boolean } & (
  | { readonly command: 'push'; readonly options: PushOptions }
  | { readonly command: 'list'; readonly options: TargetOptions }
  | { readonly command: 'login'; readonly options: TargetOptions; readonly authFile: string }
);

/**
 * Reads the command line.
 *
 * @param stdout where help is printed
 * @returns undefined when it asked for help only, which is printed
 * @throws {CommanderError} with the value that is wrong
 */
export function parseCommandLine(
  argv: readonly string[],
  stdout: NodeJS.WritableStream = process.stdout,
): Invocation | undefined {
  let invocation: Invocation | undefined;
  const program = pushProgram(stdout, (parsed) => {
    invocation = parsed;
  });
  program.parse(argv, { from: 'user' });
  return invocation;
}

/** The command line's definition; `parsed` is called with what a command line asks for. */
export function pushProgram(
  stdout: NodeJS.WritableStream,
  parsed: (invocation: Invocation) => void = () => {},
): Command {
  const program = new Command('push-images')
    .description('Builds the images of the apps without a container engine and pushes them to ECR.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), outputError: () => {} })
    .addHelpText('after', helpAfter);

  const push = pushOptions(withTarget(program.command('push', { isDefault: true })))
    .description('build and push (also without naming the command)')
    .action((given) => parsed({ command: 'push', json: given.json, options: pushOptionsOf(given) }));
  push.on('option:ignore-unknown', () => push.allowUnknownOption().allowExcessArguments());
  withTarget(program.command('list'))
    .description('list images: tags, digests, sizes, age')
    .action((given) => parsed({ command: 'list', json: given.json, options: targetOptionsOf(given) }));
  withTarget(program.command('login'))
    .description('log docker, podman and skopeo in to the registry, for 12 hours')
    .option('--authfile <file>', 'where to keep the credentials', defaultAuthFile())
    .action((given) => {
      const options = targetOptionsOf(given);
      parsed({ command: 'login', json: given.json, options, authFile: given.authfile });
    });
  return program;
}

const helpAfter = `
Repositories are those that the registry layer's stack publishes; credentials are those of AWS_PROFILE, of the stack's
aws:profile, or what else the AWS SDK finds. Results go to stdout, progress to stderr. Exit: 0 done, 1 failed, 2 bad usage, 130 interrupted.

Examples:
  push-images --stack dev                          both apps
  push-images --app ${appNames[0]} --dry-run            what would move
  push-images --output oci:dist/layout             no registry: a folder that skopeo and others read
  push-images --base oci:DIR --output archive:a.tar   no network at all
  push-images --verify                             is what is in the registry what this commit builds?`;

/** Options that say which repositories are meant, as commander gives them. */
interface GivenTarget {
  stack: string;
  app?: AppName[];
  repository?: string;
  endpoint?: string;
  json: boolean;
}

interface GivenPush extends GivenTarget {
  base: string;
  platform?: string[];
  format: 'oci' | 'docker';
  tag?: string;
  build: boolean;
  output?: PushOptions['output'];
  dryRun?: boolean;
  verify?: boolean;
}

function withTarget(command: Command): Command {
  return command
    .allowExcessArguments(false)
    .option('--stack <name>', "the registry layer's stack (also $STACK)", process.env.STACK || 'dev')
    .addOption(
      new Option('--app <name...>', `which apps (default: ${appNames.join(', ')})`).choices(appNames),
    )
    .option('--repository <url>', 'push here instead; with one --app')
    .option('--endpoint <url>', 'where the ECR API is, if not at AWS', httpUrl)
    .option('--json', 'print one JSON document', false);
}

function pushOptions(command: Command): Command {
  return command
    .option('--base <image>', 'base image: NAME@sha256:DIGEST, or oci:DIR', defaultBase)
    .option(
      '--platform <os/arch...>',
      'platforms (default: linux/amd64 and linux/arm64, as far as the base has them)',
    )
    .addOption(new Option('--format <format>', 'of the manifests').choices(['oci', 'docker']).default('oci'))
    .option('--tag <tag>', 'tag (default: short digest and commit)', tagName)
    .option('--no-build', 'use the bundles in dist as they are')
    .option(
      '--ignore-unknown',
      'ignore what is no option of a push: Nx hands on those of deploys, which check them',
    )
    .option('--output <where>', 'write to oci:DIR or archive:FILE.tar instead of pushing', parseOutput)
    .addOption(
      new Option('--dry-run', 'say what would be sent, and send nothing').conflicts(['output', 'verify']),
    )
    .addOption(
      new Option('--verify', 'compare the registry with this build, to the byte').conflicts('output'),
    );
}

function targetOptionsOf({ stack, app, repository, endpoint }: GivenTarget): TargetOptions {
  return { stack, apps: app ?? appNames, repository, endpoint };
}

function pushOptionsOf(given: GivenPush): PushOptions {
  const { base, platform, format, tag, build, output, dryRun, verify } = given;
  if (output && format === 'docker') {
    throw new PushImagesError(
      'ERR_USAGE',
      `--output ${output.kind}:${output.path} holds OCI manifests only, so --format docker does not go with it. ` +
        'Leave --format out: docker load reads the archive all the same.',
    );
  }
  const mode = dryRun ? 'plan' : verify ? 'verify' : 'push';
  return {
    ...targetOptionsOf(given),
    base,
    platforms: platform?.flatMap((list) => list.split(',')),
    format,
    tag,
    build,
    output,
    mode,
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
