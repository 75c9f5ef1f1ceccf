import { styleText } from 'node:util';
import type { CheckResult, Status } from './check.ts';

const marks: Record<Status, { mark: string; colour: 'green' | 'red' | 'yellow' | 'gray' }> = {
  pass: { mark: '✓ pass', colour: 'green' },
  fail: { mark: '✗ FAIL', colour: 'red' },
  warn: { mark: '! warn', colour: 'yellow' },
  skipped: { mark: '- skip', colour: 'gray' },
};

/**
 * The line of a result, and under it what to do next.
 *
 * @param width of the longest title of the table, in characters
 * @param stream decides over colours: only a terminal has them
 */
export function resultLine(result: CheckResult, width: number, stream: NodeJS.WritableStream): string {
  const { mark, colour } = marks[result.status];
  const coloured = (text: string) => styleText(colour, text, { stream });
  const seen = result.status === 'skipped' ? `skipped ${result.seen}` : result.seen;
  const time = `${result.seconds.toFixed(1)} s`.padStart(7);
  const indent = ' '.repeat(2 + 6 + 2 + width + 2 + 7 + 2);
  const text = seen.trim().replaceAll('\n', `\n${indent}`);
  const line = `  ${coloured(mark)}  ${result.title.padEnd(width)}  ${time}  ${text}`;
  return result.next ? `${line}\n${indent}→ ${result.next.replaceAll('\n', `\n${indent}  `)}` : line;
}

/** The last line of a table: the number of checks with each outcome, and the time they took. */
export function summaryLine(results: readonly CheckResult[], seconds: number): string {
  const count = (status: Status) => results.filter((result) => result.status === status).length;
  const warnings = count('warn');
  const parts = [
    `${count('pass')} passed`,
    `${count('fail')} failed`,
    `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`,
    `${count('skipped')} skipped`,
  ];
  return `${parts.join(', ')}, ${seconds.toFixed(1)} s`;
}

/** Says on a terminal what is being waited for once that takes over 2 s; elsewhere a line every 10 s. */
export function startProgress(stream: NodeJS.WritableStream & { readonly isTTY?: boolean }): {
  running(titles: readonly string[]): void;
  /** Makes way for a line. */
  clear(): void;
  stop(): void;
} {
  const begun = performance.now();
  let titles: readonly string[] = [];
  let shown = false;
  const clear = () => {
    if (shown && stream.isTTY) stream.write('\r\x1b[K');
    shown = false;
  };
  const show = () => {
    const seconds = (performance.now() - begun) / 1000;
    if (titles.length === 0 || seconds < 2) return;
    clear();
    const text = `  … ${seconds.toFixed(0)} s, waiting for: ${titles.join(', ')}`;
    stream.write(stream.isTTY ? text.slice(0, 100) : `${text}\n`);
    shown = true;
  };
  const timer = setInterval(show, stream.isTTY ? 500 : 10_000);
  timer.unref();
  return {
    running: (now) => {
      titles = now;
    },
    clear,
    stop: () => {
      clearInterval(timer);
      clear();
    },
  };
}
