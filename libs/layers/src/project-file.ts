import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const projectFile = z.object({
  name: z.string(),
  runtime: z.unknown(),
  main: z.string(),
  backend: z.object({ url: z.string() }).optional(),
  config: z.record(
    z.string(),
    z.object({ type: z.string().optional(), default: z.unknown().optional(), value: z.unknown().optional() }),
  ),
});

/** A `Pulumi.yaml`: what the engine reads of it. */
export type ProjectFile = z.infer<typeof projectFile>;

/** Reads the `Pulumi.yaml` of a project folder. */
export function projectFileOf(folder: string): ProjectFile {
  return projectFile.parse(parse(readFileSync(join(folder, 'Pulumi.yaml'), 'utf8')));
}

/** A secret as `Pulumi.<stack>.yaml` holds it: encrypted. */
const encrypted = z.strictObject({ secure: z.string() });

/**
 * Configuration as the engine hands it to a program: what `Pulumi.yaml` says, some values replaced, all text. Of
 * what is encrypted nobody knows the value but the engine: the default stands for it.
 */
export function engineConfig(
  project: ProjectFile,
  replace: Record<string, unknown> = {},
): Record<string, string> {
  const byFullKey = (values: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        key.includes(':') ? key : `${project.name}:${key}`,
        value,
      ]),
    );
  const own = Object.fromEntries(
    Object.entries(project.config).map(([key, { default: other, value = other }]) => [key, value]),
  );
  return Object.fromEntries(
    Object.entries({ ...byFullKey(own), ...byFullKey(known(replace)) })
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function known(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !holdsEncrypted(value)));
}

/** At any depth: `pulumi config set --secret --path 'list[0]'` encrypts one item. */
function holdsEncrypted(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return encrypted.safeParse(value).success || Object.values(value).some(holdsEncrypted);
}
