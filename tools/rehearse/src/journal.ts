import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One operation of a provider. */
export interface Operation {
  what: 'create' | 'update' | 'delete' | 'push';
  urn: string;
  /** Epoch milliseconds. */
  startedAt: number;
  endedAt: number;
  /** Why it failed. */
  error?: string;
}

/** Does something, and notes in the account's journal what it was and how long it took. */
export async function noted<T>(
  folder: string,
  what: Operation['what'],
  urn: string,
  action: () => Promise<T>,
): Promise<T> {
  const startedAt = Date.now();
  const note = (error?: unknown) => {
    const text = error instanceof Error ? error.message : undefined;
    const operation = { what, urn, startedAt, endedAt: Date.now(), ...(text && { error: text }) };
    appendFileSync(join(folder, 'journal.jsonl'), `${JSON.stringify(operation)}\n`);
  };
  try {
    const result = await action();
    note();
    return result;
  } catch (error) {
    note(error);
    throw error;
  }
}

/** All operations that are over, in the order in which they ended. */
export function readJournal(folder: string): Operation[] {
  try {
    const lines = readFileSync(join(folder, 'journal.jsonl'), 'utf8').trim().split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Operation);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
