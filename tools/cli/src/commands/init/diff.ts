import { diff } from 'node:util';
import type { FileChange } from './files.ts';

/** Lines around a change that show where it is. */
const CONTEXT = 1;

/** What changes in a file, line by line, as people read it. */
export function diffOf({ file, before = '', after }: FileChange): string {
  const lines = diff(linesOf(before), linesOf(after)) as [operation: number, line: string][];
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(([operation]) => operation !== 0),
  );
  const shown = lines.flatMap(([operation, line], at) => {
    if (!near[at]) return near[at + 1] && at > 0 ? ['  …'] : [];
    return [`${operation === 0 ? ' ' : operation > 0 ? '-' : '+'} ${line}`];
  });
  return [`${file}${before === '' ? ' (new)' : ''}`, ...shown].join('\n');
}

const linesOf = (text: string) => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));
