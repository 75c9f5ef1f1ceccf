import { inspect } from 'node:util';
import { ProxyError, useProxies } from '@envoy-poc/proxy';
import { CommanderError } from 'commander';
import { awsProfile } from './aws-profile.ts';
import { cacheFolder } from './cache-folder.ts';
import { type Invocation, parseCommandLine } from './command-line.ts';
import type { Context } from './context.ts';
import { PushImagesError } from './errors.ts';
import { startProgress } from './progress.ts';
import { pushApps } from './push-apps.ts';
import { printReport } from './report.ts';

/** What a run of the command has of its surroundings. */
export interface Surroundings {
  /** The workspace's folder. */
  readonly root: string;
  /** Aborted when the user wants to stop. */
  readonly signal: AbortSignal;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Runs a command line and gives the exit code: 0 done, 1 failed, 2 bad usage, 130 interrupted. */
export async function runCommandLine(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { root, signal, stdout, stderr } = surroundings;
  let profile: string | undefined;
  try {
    const invocation = parseCommandLine(argv, stdout);
    if (!invocation) return 0;
    await useProxies(process.env);
    profile = await awsProfile(root, invocation.options, process.env);
    const progress = startProgress(stderr, invocation.json);
    const result = await run(invocation, { root, signal, progress, profile }).finally(progress.stop);
    stdout.write(`${result}\n`);
    return 0;
  } catch (error) {
    const { explainEcrError } = await import('./ecr/explain.ts');
    const [code, text] = signal.aborted ? [130, interrupted] : explain(await explainEcrError(error, profile));
    if (text) stderr.write(`push-images: ${text}\n`);
    return code;
  }
}

const interrupted = 'interrupted; no tag was moved by it, and a second run sends only what is missing.';

/** Does what was asked and gives what to print. */
async function run(invocation: Invocation, context: Context): Promise<string> {
  const { command, json, options } = invocation;
  const print = <T>(values: T[], text: (value: T) => string) =>
    json ? JSON.stringify(values, null, 2) : values.map(text).join('\n');
  if (command === 'push') return print(await pushApps(options, context), printReport);
  const { targetsOf } = await import('./targets.ts');
  const targets = [...(await targetsOf(options, context)).values()];
  if (command === 'list') {
    const [{ listImages }, { printImages }] = await Promise.all([
      import('./ecr/list.ts'),
      import('./print-images.ts'),
    ]);
    const lists = targets.map(async (target) => ({
      repository: target.repository.url,
      images: await listImages(target, context.signal),
    }));
    return print(await Promise.all(lists), printImages);
  }
  const [{ registryLogin }, { writeCredentials }] = await Promise.all([
    import('./ecr/login.ts'),
    import('./base/auth-file.ts'),
  ]);
  // Apps share a registry; one login is for all its repositories.
  const byHost = new Map(targets.map((target) => [target.repository.host, target]));
  const logins = [];
  for (const [host, target] of byHost) {
    const { credentials, expiresAt } = await registryLogin(target, context.signal);
    const keptIn = await writeCredentials(invocation.authFile, host, credentials);
    logins.push({ host, keptIn, expiresAt });
  }
  return print(
    logins,
    ({ host, keptIn, expiresAt }) => `logged in to ${host} until ${expiresAt?.toISOString()}; see ${keptIn}`,
  );
}

/** What a file system says of a place that cannot be written to. */
const unwritable = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EEXIST', 'EISDIR']);

/** The exit code and the message for an error; no message for what is printed already. */
function explain(error: unknown): [code: number, text: string] {
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, '');
    return error.exitCode === 0 ? [0, ''] : [2, `${message}\nSee push-images --help.`];
  }
  if (error instanceof PushImagesError) return [error.code === 'ERR_USAGE' ? 2 : 1, error.message];
  if (error instanceof ProxyError) return [1, error.message];
  const { code, path } = error as NodeJS.ErrnoException;
  if (path !== undefined && code !== undefined && unwritable.has(code)) {
    const cached = path.startsWith(cacheFolder());
    const wayOut = cached
      ? 'Name another folder for the cache: XDG_CACHE_HOME'
      : 'Name another place, or make it writable';
    return [1, `${path} cannot be written: ${(error as Error).message}.\n${wayOut}.`];
  }
  return [1, `this is a fault of the tool, not of what you did: ${inspect(error)}`];
}
