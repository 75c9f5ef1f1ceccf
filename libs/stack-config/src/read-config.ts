import { Config } from '@pulumi/pulumi';
import type { z } from 'zod';
import { type ConfigFault, StackConfigError } from './errors.ts';

/**
 * Reads this project's configuration by a schema whose keys are those of `Pulumi.yaml`, which holds the defaults.
 * An empty text counts as not set.
 *
 * @param check finds what single values cannot show; runs when each value is right by itself
 * @throws {StackConfigError} with all faults together
 */
export function readConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  check: (config: z.output<z.ZodObject<Shape>>) => readonly ConfigFault[] = () => [],
): z.output<z.ZodObject<Shape>> {
  const config = new Config();
  const parsed = parseConfig(schema, (key) => config.get(key));
  if (!parsed.ok) throw new StackConfigError(parsed.faults);
  const faults = check(parsed.config);
  if (faults.length > 0) throw new StackConfigError(faults);
  return parsed.config;
}

/**
 * The same without Pulumi, and without checks across values.
 *
 * @param get gives the text of a key, as Pulumi would
 */
export function parseConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  get: (key: string) => string | undefined,
): { ok: true; config: z.output<z.ZodObject<Shape>> } | { ok: false; faults: ConfigFault[] } {
  const values = Object.fromEntries(
    Object.entries(schema.shape).map(([key, field]) => [key, parse(get(key), field as z.ZodType)]),
  );
  const parsed = schema.safeParse(values);
  if (parsed.success) return { ok: true, config: parsed.data };
  return { ok: false, faults: parsed.error.issues.map((issue) => faultOf(values, issue)) };
}

/** Pulumi hands every value over as text; what is not a text by the schema is JSON. */
function parse(text: string | undefined, field: z.ZodType): unknown {
  if (text === undefined || text === '') return undefined;
  if (field.safeParse(text).success) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function faultOf(values: Record<string, unknown>, issue: z.core.$ZodIssue): ConfigFault {
  const [key = '', ...rest] = issue.path.map(String);
  const value = rest.reduce<unknown>(
    (parent, part) => (typeof parent === 'object' && parent !== null ? Reflect.get(parent, part) : undefined),
    values[key],
  );
  return { key: [key, ...rest].join('.'), value, message: issue.message };
}
