import * as z from 'zod';
import { EnvError } from './errors.ts';

/**
 * Reads environment variables by a schema whose keys are their names and whose messages say what each should hold
 * (see `variables.ts`). An empty variable counts as not set; variables the schema does not name are ignored.
 *
 * @throws {EnvError} with all faults together
 */
export function parseEnv<Shape extends z.ZodObject>(schema: Shape, env: NodeJS.ProcessEnv): z.output<Shape> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = z.safeParse(schema, set);
  if (parsed.success) return parsed.data;

  const seen = new Set<string>();
  const faults = parsed.error.issues.flatMap((issue) => {
    const variable = String(issue.path[0]);
    if (seen.has(variable)) return [];
    seen.add(variable);
    return [{ variable, value: set[variable], expected: issue.message }];
  });
  throw new EnvError(faults);
}
