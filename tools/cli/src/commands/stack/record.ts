import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { verbs } from './verbs.ts';

const record = z.object({
  layer: z.string(),
  stack: z.string(),
  verb: z.enum(verbs),
  ok: z.boolean(),
  /** When it ended; epoch milliseconds. */
  endedAt: z.number(),
  seconds: z.number(),
  /** Left out where it is not known. */
  changes: z.record(z.string(), z.number()).optional(),
  /** Why it failed, and the next step; or why there was nothing to do. */
  message: z.string().optional(),
});

/** What one run of a verb did to one layer. */
export type RunRecord = z.infer<typeof record>;

/** What a record is of. */
type Subject = Pick<RunRecord, 'stack' | 'layer' | 'verb'>;

const fileOf = (root: string, { stack, layer, verb }: Subject) =>
  join(root, 'dist', 'runs', stack, `${layer}-${verb}.json`);

/**
 * Keeps a record for the summary at the end of a run of several layers. Where it cannot, as in a folder that may only be
 * read, it says so: what was done is done.
 */
export async function writeRecord(root: string, what: RunRecord): Promise<void> {
  const file = fileOf(root, what);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(what, null, 2)}\n`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(`warning: the record of this run could not be kept: ${reason}; the summary lacks it`);
  }
}

/** The record of a run that ended after `since` (epoch milliseconds), if there is one. */
export async function readRecord(root: string, of: Subject, since: number): Promise<RunRecord | undefined> {
  const text = await readFile(fileOf(root, of), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = record.safeParse(JSON.parse(text));
  return parsed.success && parsed.data.endedAt >= since ? parsed.data : undefined;
}
