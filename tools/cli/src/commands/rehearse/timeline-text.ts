import { styleText } from 'node:util';
import type { Bar, Timeline } from './timeline.ts';

/** Characters for the bars. */
const WIDTH = 48;

/** A timeline for a terminal; colours only where the stream has them. */
export function timelineText(timeline: Timeline, stream: NodeJS.WriteStream = process.stdout): string {
  const { verb, stack, length, bars, criticalPath } = timeline;
  const colour = (text: string) => styleText('yellow', text, { stream });
  const rows = bars.flatMap((bar) => [
    { bar, depth: 0 },
    ...bar.parts.map((part) => ({ bar: part, depth: 1 })),
  ]);
  const names = Math.max(...rows.map(({ bar, depth }) => bar.name.length + 2 * depth));
  const lines = rows.map(({ bar, depth }) => {
    const name = `${'  '.repeat(depth)}${bar.name}`.padEnd(names);
    const line = drawn(bar, length, depth === 0 ? ['█', '░'] : ['▪', '·']);
    const time = seconds(bar).padStart(7);
    return `${bar.critical ? '*' : ' '} ${name} ${bar.critical ? colour(line) : line}${time}  ${depth === 0 ? bar.note : ''}`.trimEnd();
  });
  const path = criticalPath.map((name) => `${name} ${seconds(bars.find((bar) => bar.name === name))}`);
  return [
    `${verb} of stack ${stack}: ${(length / 1000).toFixed(1)} s; * is the critical path: ${path.join(' → ')}`,
    ...lines,
  ].join('\n');
}

function drawn({ start, end, critical }: Bar, length: number, [full, light]: [string, string]): string {
  const from = Math.min(WIDTH - 1, Math.max(0, Math.floor((start / length) * WIDTH)));
  const to = Math.max(from + 1, Math.min(WIDTH, Math.round((end / length) * WIDTH)));
  return `${' '.repeat(from)}${(critical ? full : light).repeat(to - from)}${' '.repeat(WIDTH - to)}`;
}

function seconds(bar: Bar | undefined): string {
  return bar ? `${((bar.end - bar.start) / 1000).toFixed(1)} s` : '';
}
