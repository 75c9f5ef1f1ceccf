import { resolve } from 'node:path';
import { CommanderError } from 'commander';
import { writeCredentials } from './base/auth-file.ts';
import { type Invocation, parseCommandLine } from './command-line.ts';
import type { Context } from './context.ts';
import { explainEcrError } from './ecr/explain.ts';
import { listImages } from './ecr/list.ts';
import { registryLogin } from './ecr/login.ts';
import { PushImagesError } from './errors.ts';
import { printImages } from './print-images.ts';
import { startProgress } from './progress.ts';
import { pushApps } from './push-apps.ts';
import { printReport } from './report.ts';
import { targetsOf } from './targets.ts';

const root = resolve(import.meta.dirname, '../../..');

/** Runs the command line and gives the exit code. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => interrupted.abort());
  try {
    const invocation = parseCommandLine(argv);
    if (!invocation) return 0;
    const progress = startProgress(process.stderr, invocation.json);
    try {
      await run(invocation, { root, signal: interrupted.signal, progress });
    } finally {
      progress.stop();
    }
    return 0;
  } catch (error) {
    if (interrupted.signal.aborted) {
      console.error(
        'push-images: interrupted; no tag was moved by it, and a second run sends only what is missing.',
      );
      // The SDK may still sleep before its next try of a call.
      process.exit(130);
    }
    return printError(explainEcrError(error));
  }
}

async function run(invocation: Invocation, context: Context): Promise<void> {
  const { command, json, options } = invocation;
  const print = <T>(values: T[], text: (value: T) => string) =>
    console.log(json ? JSON.stringify(values, null, 2) : values.map(text).join('\n'));
  if (command === 'push') return print(await pushApps(options, context), printReport);
  const targets = [...(await targetsOf(options, context)).values()];
  if (command === 'list') {
    const lists = targets.map(async (target) => ({
      repository: target.repository.url,
      images: await listImages(target, context.signal),
    }));
    return print(await Promise.all(lists), printImages);
  }
  // Apps share a registry; one login is for all its repositories.
  const byHost = new Map(targets.map((target) => [target.repository.host, target]));
  const logins = [];
  for (const [host, target] of byHost) {
    const { credentials, expiresAt } = await registryLogin(target, context.signal);
    const keptIn = await writeCredentials(invocation.authFile, host, credentials);
    logins.push({ host, keptIn, expiresAt });
  }
  print(
    logins,
    ({ host, keptIn, expiresAt }) => `logged in to ${host} until ${expiresAt?.toISOString()}; see ${keptIn}`,
  );
}

function printError(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    console.error(`push-images: ${error.message.replace(/^error: /, '')}\nSee push-images --help.`);
    return 2;
  }
  if (error instanceof PushImagesError) {
    console.error(`push-images: ${error.message}`);
    return error.code === 'ERR_USAGE' ? 2 : 1;
  }
  console.error('push-images: this is a fault of the tool, not of what you did:', error);
  return 1;
}
