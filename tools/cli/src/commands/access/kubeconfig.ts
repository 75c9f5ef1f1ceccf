import { accessSync, constants, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { kubeconfigCommand } from '@envoy-poc/layers';
import { isMap, isSeq, parseAllDocuments } from 'yaml';
import { type Check, CheckError, pass, type ToolResult } from '#runtime';
import type { AccessContext } from './context.ts';

/**
 * The kubeconfig that `aws eks update-kubeconfig` writes: the first of `KUBECONFIG` that has the cluster, or else the
 * first, or else `~/.kube/config`.
 *
 * @param named by the user; goes before all of these
 * @throws {CheckError} when one of them cannot be read or is not a kubeconfig
 */
export function chooseKubeconfig(
  named: string | undefined,
  env: NodeJS.ProcessEnv,
  clusterName: string,
): string {
  if (named !== undefined) return resolve(named);
  const home = env.HOME ?? homedir();
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file.trim() !== '');
  const files = listed.map((file) => resolve(file.replace(/^~(?=\/)/, home)));
  return (
    files.find((file) => clusterNames(textOf(file, 'r'), file).includes(clusterName)) ??
    files[0] ??
    join(home, '.kube', 'config')
  );
}

/**
 * Looks whether a kubeconfig can be changed without a loss. The AWS CLI empties the file before it writes, keeps one of
 * two equal keys, and does not say in which file something is wrong.
 *
 * @returns what is in it; undefined when there is none
 * @throws {CheckError} naming the file and the next step
 */
export function checkKubeconfig(file: string): string | undefined {
  const text = textOf(file, 'r+');
  clusterNames(text, file);
  if (text !== undefined) return text;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    throw unusable(`${file} cannot be written: ${(error as Error).message}`, error);
  }
  return undefined;
}

/** The names of the clusters in a kubeconfig. */
function clusterNames(text: string | undefined, file: string): unknown[] {
  const [document, ...more] = parseAllDocuments(text ?? '');
  if (document === undefined || (document.contents === null && document.errors.length === 0)) return [];
  const bad = (why: string) => unusable(`${file} is not a kubeconfig, and was left as it is: ${why}`);
  const [error] = document.errors;
  if (error) throw bad(`invalid YAML: ${error.message.split('\n')[0]}`);
  if (more.length > 0) throw bad('several YAML documents');
  if (!isMap(document.contents)) throw bad('not a map');
  for (const name of ['clusters', 'contexts', 'users']) {
    const list = document.get(name);
    if (list !== undefined && list !== null && !isSeq(list)) throw bad(`${name} is not a list`);
  }
  const clusters = document.get('clusters');
  return isSeq(clusters) ? clusters.items.map((item) => isMap(item) && item.get('name')) : [];
}

/** The text of a file; undefined when there is none. */
function textOf(file: string, flag: 'r' | 'r+'): string | undefined {
  try {
    return readFileSync(file, { encoding: 'utf8', flag });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') {
      throw unusable(`${file} cannot be ${flag === 'r' ? 'read' : 'read and written'}: ${message}`, error);
    }
    if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) {
      throw unusable(`${file} is a symbolic link to a file that does not exist`, error);
    }
    return undefined;
  }
}

const unusable = (seen: string, cause?: unknown) =>
  new CheckError(seen, 'mend or move that file, or name another one with --kubeconfig', { cause });

/** The one check that changes something. */
export const kubeconfig: Check<AccessContext> = {
  id: 'kubeconfig',
  title: 'the kubeconfig is written',
  needs: ['cluster'],
  async run({ env, run, kubeconfig: named, ...context }) {
    const [{ name, region, profile }, { arn }] = [await context.place(), await context.cluster()];
    const file = chooseKubeconfig(named, env, arn);
    const before = checkKubeconfig(file);
    const words = ['eks', 'update-kubeconfig', '--name', name, '--region', region, '--profile', profile];
    const more = named === undefined ? [] : ['--kubeconfig', file];
    let result: ToolResult;
    try {
      result = await run('aws', [...words, ...more], { timeoutSeconds: 55 });
    } finally {
      // On a full disk, or stopped in the middle, it leaves less than it found.
      if (result?.code !== 0 && before !== undefined && textOf(file, 'r') !== before) {
        writeFileSync(file, before);
      }
    }
    if (!result) {
      throw new CheckError(
        'no aws on PATH; it writes the kubeconfig, and kubectl asks it for tokens',
        'install version 2: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html',
      );
    }
    const shown = [kubeconfigCommand({ name, region, profile }), ...more].join(' ');
    if (result.code === 0) return pass(`by ${shown}: ${result.stdout.trim()}`);
    throw new CheckError(`${shown} ended with ${result.code}: ${result.stderr.trim()}`, shown);
  },
};
