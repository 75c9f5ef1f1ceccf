import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as z from 'zod';

/**
 * The files that a bundle was made of, absolute, by its source map.
 *
 * @param folder the app's folder, built
 */
export async function bundledSources(folder: string): Promise<string[]> {
  const map = z.looseObject({ sources: z.array(z.string()) });
  const { sources } = map.parse(JSON.parse(await readFile(join(folder, 'dist/main.cjs.map'), 'utf8')));
  return sources.map((source) => resolve(folder, 'dist', source)).sort();
}
