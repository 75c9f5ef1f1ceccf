import type uPlot from 'uplot';
import type { Mark } from '../view.ts';
import { clock } from './words.ts';

/** Room for the words of marks above a chart, in pixels. */
export const MARK_WORDS = 16;

/** How close the pointer must be to a mark to show its words, in pixels. */
const NEAR_MARK = 6;

/** The words of the marks under the pointer. */
export function wordsAt(chart: uPlot, marks: readonly Mark[]): string {
  const { left = -1 } = chart.cursor;
  if (left < 0) return '';
  const near = marks.filter(({ at }) => Math.abs(chart.valToPos(secondOf(at), 'x') - left) <= NEAR_MARK);
  return near.map(({ at, what }) => `${clock(at)} ${what}`).join('; ');
}

/** Draws a line for each mark, with as many of its words as fit before the next one. */
export function drawMarks(chart: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = chart;
  const right = bbox.left + bbox.width;
  const places = marks
    .map(({ at, what }) => ({ what, x: Math.round(chart.valToPos(secondOf(at), 'x', true)) }))
    .filter(({ x }) => x >= bbox.left && x <= right);
  if (places.length === 0) return;
  const style = getComputedStyle(chart.root);
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = style.getPropertyValue('--mark').trim();
  ctx.lineWidth = ratio;
  // As the axes left it otherwise.
  ctx.setLineDash([]);
  ctx.textAlign = 'left';
  ctx.font = `${11 * ratio}px ${style.fontFamily}`;
  ctx.textBaseline = 'bottom';
  places.forEach(({ what, x }, i) => {
    ctx.beginPath();
    ctx.moveTo(x, bbox.top - MARK_WORDS * ratio);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const room = (places[i + 1]?.x ?? right) - x - 8 * ratio;
    const words = fitting(what, room, (text) => ctx.measureText(text).width);
    ctx.fillText(words, x + 4 * ratio, bbox.top - 2 * ratio);
  });
  ctx.restore();
}

/** As much of a text as has room, or nothing. */
function fitting(text: string, room: number, widthOf: (text: string) => number): string {
  if (widthOf(text) <= room) return text;
  for (let length = text.length - 1; length > 3; length--) {
    const part = `${text.slice(0, length).trimEnd()}…`;
    if (widthOf(part) <= room) return part;
  }
  return '';
}

const secondOf = (at: string) => Date.parse(at) / 1000;
