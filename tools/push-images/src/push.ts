import { inspect } from 'node:util';
import { ProxyError, useProxies } from '@envoy-poc/proxy';
import { CommanderError } from 'commander';
import { awsProfile } from './aws-profile.ts';
import { imageBuilder } from './build/builder.ts';
import { cacheFolder } from './cache-folder.ts';
import { type PushOptions, parseCommandLine } from './command-line.ts';
import type { Context } from './context.ts';
import { PushImagesError } from './errors.ts';
import { startProgress } from './progress.ts';
import { openPublisher } from './publish/open.ts';
import { type Published, printPublished } from './publish/publisher.ts';

/** Where a push runs, and what it writes to. */
export interface PushPlace {
  /** The workspace's folder. */
  readonly root: string;
  /** Aborted when the user wants to stop. */
  readonly signal: AbortSignal;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** What the command is called in its help and before its errors. */
  readonly name?: string;
}

/** Runs a command line and gives the exit code: 0 done, 1 failed, 2 bad usage, 130 interrupted. */
export async function push(argv: readonly string[], place: PushPlace): Promise<number> {
  const { root, signal, stdout, stderr, name = 'push-images' } = place;
  let profile: string | undefined;
  try {
    const options = parseCommandLine(argv, stdout, name);
    if (!options) return 0;
    await useProxies(process.env);
    profile = await awsProfile(root, options, process.env);
    const progress = startProgress(stderr, options.json);
    const context = { root, signal, progress, profile };
    const published = await pushApps(options, context).finally(progress.stop);
    const text = options.json ? JSON.stringify(published, null, 2) : published.map(printPublished).join('\n');
    stdout.write(`${text}\n`);
    return 0;
  } catch (error) {
    const { explainEcrError } = await import('./ecr/explain.ts');
    const [code, text] = signal.aborted
      ? [130, interrupted]
      : explain(await explainEcrError(error, profile), name);
    if (text) stderr.write(`${name}: ${text}\n`);
    return code;
  }
}

const interrupted = 'interrupted; no tag was moved by it, and a second run sends only what is missing.';

/** Builds the images of apps and publishes them, one after the other. */
async function pushApps(options: PushOptions, context: Context): Promise<Published[]> {
  const builder = imageBuilder(options, context);
  // Before the building, which takes time: it fails at once where something is not set up.
  const publisher = await openPublisher(options, context);
  const images = await Promise.all(options.apps.map((app) => builder.build(app)));
  const published: Published[] = [];
  for (const image of images) published.push(await publisher.publish(image));
  await publisher.close?.();
  return published;
}

/** What a file system says of a place that cannot be written to. */
const unwritable = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EEXIST', 'EISDIR']);

/** The exit code and the message for an error; no message for what is printed already. */
function explain(error: unknown, name: string): [code: number, text: string] {
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, '');
    return error.exitCode === 0 ? [0, ''] : [2, `${message}\nSee ${name} --help.`];
  }
  if (error instanceof PushImagesError) return [error.code === 'ERR_USAGE' ? 2 : 1, error.message];
  if (error instanceof ProxyError) return [1, error.message];
  const { code, path } = error as NodeJS.ErrnoException;
  if (path !== undefined && code !== undefined && unwritable.has(code)) {
    const cached = path.startsWith(cacheFolder());
    const nextStep = cached
      ? 'Name another folder for the cache: XDG_CACHE_HOME'
      : 'Name another place, or make it writable';
    return [1, `${path} cannot be written: ${(error as Error).message}.\n${nextStep}.`];
  }
  return [1, `this is a fault of the tool, not of what you did: ${inspect(error)}`];
}
