import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { StackError } from './errors.ts';
import type { Target } from './layer.ts';

const stackFile = z.looseObject({ secretsprovider: z.string().optional() }).nullish();

/** What Pulumi adds to a stack's file when it makes the stack: the stack's key, encrypted, or the salt of a passphrase. */
const added = ['encryptedkey', 'encryptionsalt'];

/** What may differ afterwards; a value of `config` does when it is not written as Pulumi writes it (`true`, not `"true"`). */
const ours = [...added, 'config'];

/**
 * Selects a stack, and makes it in the backend if it is not there: with the secrets provider that its file names. Pulumi
 * by itself would take a passphrase, and write that into the file. A person's own lines stay as they are written.
 *
 * @param must runs `pulumi`
 * @throws {StackError} when the file would say something else afterwards; it is as it was then
 */
export async function selectStack(
  { layer, stack, folder }: Target,
  must: (words: readonly string[]) => Promise<unknown>,
): Promise<void> {
  const name = `projects/${layer}/Pulumi.${stack}.yaml`;
  const file = join(folder, `Pulumi.${stack}.yaml`);
  const before = await readFile(file, 'utf8');
  const provider = parsed(before).secretsprovider;
  try {
    await must([
      ...['stack', 'select', stack, '--create'],
      ...(provider === undefined ? [] : ['--secrets-provider', provider]),
    ]);
    const after = await readFile(file, 'utf8');
    if (after === before) return;
    const changed = changedKeys(before, after);
    if (changed.some((key) => !ours.includes(key))) {
      throw new StackError(
        `Pulumi would have changed ${changed.join(' and ')} in ${name}; the file is as it was. Make the stack by hand: ` +
          `cd projects/${layer} && pulumi stack init ${stack}${provider === undefined ? '' : ` --secrets-provider '${provider}'`}`,
      );
    }
    const wrote = changed.filter((key) => added.includes(key));
    await writeFile(file, withLines(before, after, wrote));
    // To stderr: what is printed on stdout is Pulumi's.
    if (wrote.length > 0)
      console.error(`Pulumi wrote ${wrote.join(' and ')} into ${name}, which secrets need: commit it`);
  } catch (error) {
    await writeFile(file, before);
    throw error;
  }
}

/** A file as it was, and after it some keys of what Pulumi made of it; all that Pulumi made of it where these do not fit. */
function withLines(before: string, after: string, keys: readonly string[]): string {
  if (keys.length === 0) return before;
  const now = parsed(after);
  const lines = keys.map((key) => stringify({ [key]: now[key] }, { lineWidth: 0 }));
  const text = [before, ...lines]
    .map((part) => (part === '' || part.endsWith('\n') ? part : `${part}\n`))
    .join('');
  try {
    return keys.every((key) => parsed(text)[key] === now[key]) ? text : after;
  } catch {
    return after;
  }
}

function parsed(text: string): Record<string, unknown> & { secretsprovider?: string | undefined } {
  return stackFile.parse(parse(text)) ?? {};
}

function changedKeys(before: string, after: string): string[] {
  const [old, now] = [parsed(before), parsed(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (key) => JSON.stringify(old[key]) !== JSON.stringify(now[key]),
  );
}
