import { Config, getProject } from '@pulumi/pulumi';
import type { z } from 'zod';
import { type ConfigFault, StackConfigError } from './errors.ts';
import { isSecretKey, keepInputsSecret } from './secrets.ts';

/**
 * Reads this project's configuration by a schema whose keys are those of `Pulumi.yaml`, which holds the defaults.
 * An empty text counts as not set. A secret value is plain for the program, and secret in every input that holds it of
 * a resource declared from now on.
 *
 * @param check finds what single values cannot show; runs when each value is right by itself
 * @param shown keys whose values are in the ids of resources, which cannot be secret
 * @throws {StackConfigError} with all faults together
 */
export function readConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  check: (config: z.output<z.ZodObject<Shape>>) => readonly ConfigFault[] = () => [],
  shown: readonly (keyof Shape & string)[] = [],
): z.output<z.ZodObject<Shape>> {
  const exposed = shownSecrets(shown);
  if (exposed.length > 0) throw new StackConfigError(exposed);
  keepInputsSecret();
  const config = new Config();
  const parsed = parseConfig(schema, (key) => config.get(key));
  if (!parsed.ok) throw new StackConfigError(parsed.faults);
  const faults = check(parsed.config);
  if (faults.length > 0) throw new StackConfigError(faults);
  return parsed.config;
}

/** Secrets that would be in the state all the same. */
function shownSecrets(shown: readonly string[]): ConfigFault[] {
  return [...shown.map((key) => `${getProject()}:${key}`), 'aws:region'].filter(isSecretKey).map((key) => ({
    key,
    value: undefined,
    message:
      'is secret, and cannot be kept so: the ids of resources hold it, and the state holds those in plain text. ' +
      `Set it so that everybody can read it: pulumi config set ${key} <value> --plaintext`,
  }));
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
