import type { Changes } from './engine-events.ts';
import type { RunRecord } from './record.ts';

/** One task of a run, and what is known of it. */
export interface TaskOutcome {
  /** Nx's name of the task, such as `network:deploy`. */
  id: string;
  status: 'success' | 'failure' | 'skipped';
  seconds: number;
  record?: RunRecord;
  /** Projects that failed and that this one needed. */
  because: string[];
}

/** A table with a line a task: what it did, how many resources changed, how long; or why it did not run. */
export function summaryLines(tasks: readonly TaskOutcome[]): string[] {
  const name = Math.max(...tasks.map(({ id }) => id.length));
  return tasks.map((task) => {
    const time = task.status === 'skipped' ? '' : `${task.seconds.toFixed(0)} s`.padStart(6);
    return `  ${mark[task.status]} ${task.id.padEnd(name)}  ${time.padEnd(6)}  ${outcome(task)}`.trimEnd();
  });
}

const mark = { success: '✓', failure: '✗', skipped: '-' };

function outcome({ status, record, because }: TaskOutcome): string {
  if (status === 'skipped')
    return `skipped, because ${because.join(' and ') || 'something before it'} failed`;
  if (status === 'failure') return `failed: ${record?.message ?? 'see above'}`;
  return record?.message ?? (record?.changes ? changesText(record.changes) : 'done');
}

function changesText(changes: Changes): string {
  const { unchanged = 0, ...changed } = changes;
  const parts = Object.entries(changed).map(([what, count]) => `${count} ${what}`);
  if (parts.length === 0)
    return unchanged > 0 ? `nothing changed (${unchanged} resources)` : 'there are no resources';
  return [...parts, ...(unchanged > 0 ? [`${unchanged} unchanged`] : [])].join(', ');
}
