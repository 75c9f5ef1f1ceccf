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
    z.object({ type: z.string().optional(), default: z.unknown(), description: z.string() }),
  ),
});

/** A `Pulumi.yaml`: what the engine reads of it. */
export type ProjectFile = z.infer<typeof projectFile>;

/** Reads the `Pulumi.yaml` of a project folder. */
export function projectFileOf(folder: string): ProjectFile {
  return projectFile.parse(parse(readFileSync(join(folder, 'Pulumi.yaml'), 'utf8')));
}

/** Configuration as the engine hands it to a program: the defaults of `Pulumi.yaml`, some values replaced, all text. */
export function engineConfig(
  project: ProjectFile,
  replace: Record<string, unknown> = {},
): Record<string, string> {
  const defaults = Object.fromEntries(
    Object.entries(project.config).map(([key, { default: value }]) => [key, value]),
  );
  return Object.fromEntries(
    Object.entries({ ...defaults, ...replace })
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [
        key.includes(':') ? key : `${project.name}:${key}`,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
  );
}
