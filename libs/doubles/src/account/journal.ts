import { randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One operation of a provider. */
export interface Operation {
  what: 'create' | 'update' | 'delete' | 'push';
  urn: string;
  /** Epoch milliseconds. */
  startedAt: number;
  /** Epoch milliseconds; undefined while it goes on, and for ever where its provider was killed. */
  endedAt?: number;
  /** Why it failed. */
  error?: string;
}

/** An operation that is over. */
export type Ended = Operation & { endedAt: number };

/** Does something, and notes in the account's journal what it is, when it begins and when it ends. */
export async function noted<T>(
  folder: string,
  what: Operation['what'],
  urn: string,
  action: () => Promise<T>,
): Promise<T> {
  const id = randomUUID();
  const note = (line: Partial<Operation>) =>
    appendFileSync(join(folder, 'journal.jsonl'), `${JSON.stringify({ id, ...line })}\n`);
  note({ what, urn, startedAt: Date.now() });
  try {
    const result = await action();
    note({ endedAt: Date.now() });
    return result;
  } catch (error) {
    note({ endedAt: Date.now(), error: error instanceof Error ? error.message : String(error) });
    throw error;
  }
}

/** All operations so far, in the order in which they began. */
export function readJournal(folder: string): Operation[] {
  const operations = new Map<string, Operation>();
  // What comes after the last end of a line is still being written.
  for (const line of textOf(join(folder, 'journal.jsonl')).split('\n').slice(0, -1)) {
    const { id, ...fields } = JSON.parse(line) as Operation & { id: string };
    operations.set(id, { ...operations.get(id), ...fields });
  }
  return [...operations.values()];
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
