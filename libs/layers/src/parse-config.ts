import type { z } from 'zod';

/** One value of a stack's configuration that cannot be used. */
export interface ConfigFault {
  /** The key without its project, such as `serverReplicas`. */
  key: string;
  /** The value seen; undefined when there is none. */
  value: unknown;
  /** What is wrong with it and the next step. */
  message: string;
}

/** A configuration whose values are right each by itself, or what is wrong with them. */
export type ParsedConfig<Config> =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly faults: ConfigFault[] };

/**
 * Reads configuration by a schema whose keys are those of `Pulumi.yaml`, without checks across values. An empty text counts
 * as not set.
 *
 * @param get gives the text of a key, as Pulumi would
 */
export function parseConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  get: (key: string) => string | undefined,
): ParsedConfig<z.output<z.ZodObject<Shape>>> {
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
