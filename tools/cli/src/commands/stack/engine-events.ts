import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

/** How many resources had what done to them, such as `{created: 5, unchanged: 2}`. */
export type Changes = Record<string, number>;

/** What the engine says of a run, in its event log. */
export interface EngineRun {
  /** Left out where the engine did not come to an end. */
  changes?: Changes;
  /** What went wrong, in order. */
  errors: readonly EngineError[];
}

interface EngineError {
  /** The resource's name; undefined for the stack itself. */
  of: string | undefined;
  message: string;
}

/** A line of an event log (`apitype.EngineEvent` in pulumi/sdk/go/common/apitype). */
const event = z.object({
  summaryEvent: z
    .object({ isPreview: z.boolean(), resourceChanges: z.record(z.string(), z.number()).nullish() })
    .optional(),
  diagnosticEvent: z
    .object({ urn: z.string().optional(), severity: z.string(), message: z.string() })
    .optional(),
});

const done: Readonly<Record<string, string>> = {
  create: 'created',
  update: 'updated',
  delete: 'deleted',
  replace: 'replaced',
  same: 'unchanged',
  import: 'imported',
  refresh: 'refreshed',
  discard: 'discarded',
};

/** The events of a log, one a line. The last line may be unfinished: the engine was killed while it wrote. */
export function eventsOf(log: string): unknown[] {
  const lines = log.split('\n').filter(Boolean);
  return lines.flatMap((line, at) => {
    try {
      return [JSON.parse(line)];
    } catch (error) {
      if (at === lines.length - 1) return [];
      throw error;
    }
  });
}

/** Reads an event log; of several runs in it, such as a preview and its update, the last counts. */
export function readEngineRun(log: string): EngineRun {
  let changes: Changes | undefined;
  const errors: EngineError[] = [];
  for (const entry of eventsOf(log)) {
    const { summaryEvent: summary, diagnosticEvent: diagnostic } = event.parse(entry);
    if (summary) {
      const word = (op: string) => (summary.isPreview && op !== 'same' ? `to ${op}` : (done[op] ?? op));
      changes = Object.fromEntries(
        Object.entries(summary.resourceChanges ?? {}).map(([op, count]) => [word(op), count]),
      );
    }
    if (diagnostic?.severity === 'error') {
      const [, , type, name] = diagnostic.urn?.split('::') ?? [];
      const message = oneLine(diagnostic.message);
      if (!consequences.test(message)) {
        errors.push({ of: type === 'pulumi:pulumi:Stack' ? undefined : name, message });
      }
    }
  }
  return { ...(changes && { changes }), errors };
}

/** What the engine says when it stops because of an error that it reports elsewhere. */
const consequences =
  /^(update failed|preview failed|.* has a problem: grpc: the client connection is closing)$/;

/** The first error, of a resource before that of the stack, which follows from it; and how many more there are. */
export function errorOf({ errors }: Pick<EngineRun, 'errors'>): string | undefined {
  const [first, ...more] = [...errors.filter(({ of }) => of), ...errors.filter(({ of }) => !of)];
  if (!first) return undefined;
  const text = first.of ? `${first.of}: ${first.message}` : first.message;
  return more.length === 0 ? text : `${text} (and ${more.length} more, see above)`;
}

/** A message's lines as one, without the count of a provider and the stack trace of a program. */
function oneLine(message: string): string {
  return message
    .split('\n')
    .map((line) => line.trim().replace(/^[*-] /, ''))
    .filter(
      (line) => line !== '' && !/^\d+ errors? occurred:$/.test(line) && !/^at .*:\d+:\d+\)?$/.test(line),
    )
    .reduce((text, line) => {
      if (text === '') return line;
      return /[.:;,]$/.test(text) ? `${text} ${line}` : `${text}; ${line}`;
    }, '');
}

/**
 * Gives a run of Pulumi a place for its event log, and reads what was written there.
 *
 * @param run is given the words and the variables to add: the option is hidden from those who do not automate Pulumi
 */
export async function withEventLog<T>(
  run: (words: readonly string[], env: NodeJS.ProcessEnv) => Promise<T>,
): Promise<{ result: T; log: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'envoy-poc-events-'));
  try {
    const file = join(folder, 'events.json');
    const result = await run(['--event-log', file], { PULUMI_DEBUG_COMMANDS: 'true' });
    return { result, log: await readFile(file, 'utf8').catch(() => '') };
  } finally {
    await rm(folder, { recursive: true });
  }
}
