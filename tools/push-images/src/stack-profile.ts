import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

const stackFile = z.looseObject({
  config: z.looseObject({ 'aws:profile': z.string().optional() }).optional(),
});

/** The AWS profile that the registry layer's stack is deployed with, if its settings are here and name one. */
export async function stackProfile(root: string, stack: string): Promise<string | undefined> {
  const file = join(root, 'projects/registry', `Pulumi.${stack}.yaml`);
  const text = await readFile(file, 'utf8').catch(() => '{}');
  return stackFile.safeParse(parse(text)).data?.config?.['aws:profile'];
}
