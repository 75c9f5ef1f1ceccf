import type { Bar, Timeline } from './timeline.ts';

const ROW = 18;
const NAMES = 270;
const BARS = 640;
const TIMES = 170;

/** Timelines as one picture, below each other; the critical path in orange. */
export function timelinesSvg(timelines: readonly Timeline[]): string {
  let y = 0;
  const parts = timelines.map((timeline) => {
    const rows = timeline.bars.flatMap((bar) => [
      { bar, depth: 0 },
      ...bar.parts.map((part) => ({ bar: part, depth: 1 })),
    ]);
    const title = `${timeline.verb} of stack ${timeline.stack}: ${(timeline.length / 1000).toFixed(1)} s`;
    const top = y + ROW;
    y = top + (rows.length + 1) * ROW;
    const drawn = rows.map(({ bar, depth }, index) =>
      row(bar, depth, top + (index + 1) * ROW, timeline.length),
    );
    return `<text x="4" y="${top}" font-weight="bold">${escaped(title)}</text>\n${drawn.join('\n')}`;
  });
  const width = NAMES + BARS + TIMES;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + ROW}" font-family="sans-serif" font-size="12">
<title>Where the time of a rehearsal went</title>
<rect width="100%" height="100%" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
}

function row(bar: Bar, depth: number, y: number, length: number): string {
  const x = NAMES + (bar.start / length) * BARS;
  const width = Math.max(1, ((bar.end - bar.start) / length) * BARS);
  const fill = bar.critical ? '#e8710a' : '#9aa0a6';
  const height = depth === 0 ? 12 : 6;
  const time = `${((bar.end - bar.start) / 1000).toFixed(1)} s ${depth === 0 ? bar.note : ''}`;
  return [
    `<text x="${4 + depth * 14}" y="${y}" fill="${depth === 0 ? '#000' : '#555'}">${escaped(bar.name)}</text>`,
    `<rect x="${x.toFixed(1)}" y="${y - 4 - height / 2}" width="${width.toFixed(1)}" height="${height}" fill="${fill}"/>`,
    `<text x="${(x + width + 4).toFixed(1)}" y="${y}" fill="#555" font-size="10">${escaped(time)}</text>`,
  ].join('');
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
