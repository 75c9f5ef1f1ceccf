import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { Mark, View } from '../view.ts';
import { type Columns, chartData, highWaterData, type Window } from './chart-data.ts';
import { drawMarks, MARK_WORDS, wordsAt } from './chart-marks.ts';
import { clock } from './words.ts';

interface Series {
  label: string;
  /** A custom property of the style. */
  colour: string;
  as: 'steps' | 'track' | 'line' | 'bound' | 'bars';
  unit?: string;
}

/** All charts of a window of time; the pointer is in all of them at once. */
export function Charts({ view, window, dark }: { view: View; window: Window; dark: boolean }) {
  const data = chartData(view, window);
  const pods = highWaterData(view);
  const { marks } = view;
  const shared = { dark, marks, window: window.words };
  return (
    <div class="charts">
      <Chart
        {...shared}
        title="Admitted a second"
        data={data.admissions}
        series={[
          { label: 'admitted', colour: '--open', as: 'steps' },
          { label: 'rate', colour: '--limit', as: 'bound' },
        ]}
      />
      <Chart
        {...shared}
        title="Slots open"
        data={data.open}
        series={[
          { label: 'open', colour: '--open', as: 'steps' },
          { label: 'capacity', colour: '--limit', as: 'bound' },
        ]}
      />
      <Chart
        {...shared}
        title="Refused a second"
        data={data.refusals}
        series={[
          { label: 'rate', colour: '--rate', as: 'steps' },
          { label: 'full', colour: '--full', as: 'steps' },
          { label: 'other', colour: '--broken', as: 'steps' },
        ]}
      />
      <Chart
        {...shared}
        title="Time to reply"
        data={data.replies}
        series={[
          { label: 'p50', colour: '--open', as: 'line', unit: ' ms' },
          { label: 'p99', colour: '--full', as: 'line', unit: ' ms' },
        ]}
      />
      <Chart
        {...shared}
        title="Fullest pod"
        data={data.fullest}
        series={[
          { label: 'now', colour: '--open', as: 'steps' },
          { label: 'most ever', colour: '--quiet', as: 'track' },
          { label: 'limit', colour: '--limit', as: 'bound' },
        ]}
      />
      <Chart
        {...shared}
        title="Most ever on each pod"
        data={pods}
        categories={view.state?.pods.map(({ name }) => name) ?? []}
        series={[
          { label: 'most ever', colour: '--open', as: 'bars' },
          { label: 'limit', colour: '--limit', as: 'bound' },
        ]}
      />
    </div>
  );
}

interface ChartProps {
  title: string;
  data: Columns;
  series: Series[];
  marks: readonly Mark[];
  window: string;
  dark: boolean;
  /** Names of pods: x is the number of one, from 1, instead of a time. */
  categories?: readonly string[];
}

const HEIGHT = 168;

function Chart({ title, data, series, marks, window, dark, categories }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const names = useRef(categories);
  names.current = categories;
  const lines = useRef(marks);
  lines.current = marks;
  const [pointed, point] = useState<number | null>(null);
  const [words, say] = useState('');
  const visible = useVisible(place);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const nameOf = categories && ((n: number) => names.current?.[n - 1] ?? '');
    const options = optionsOf(element, series, nameOf);
    options.hooks = {
      setCursor: [
        (chart) => {
          point(chart.cursor.idx ?? null);
          say(categories ? '' : wordsAt(chart, lines.current));
        },
      ],
      ...(!categories && { draw: [(chart) => drawMarks(chart, lines.current)] }),
    };
    const chart = new uPlot(options, data as uPlot.AlignedData, element);
    plot.current = chart;
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
    // Colours are read when it is made.
  }, [dark, window]);
  // Drawing costs more than all else that a second brings.
  useEffect(() => {
    if (visible) plot.current?.setData(data as uPlot.AlignedData);
  }, [visible, JSON.stringify(data), marks]);
  const at = pointed === null ? null : (data[0]?.[pointed] ?? null);
  const values = series.map(({ label, colour, unit = '' }, i) => {
    const column = data[i + 1] ?? [];
    const value = (pointed === null ? column.findLast((one) => one !== null) : column[pointed]) ?? null;
    return { label, colour, words: value === null ? '–' : `${short(value)}${unit}` };
  });
  const label = values.map(({ label, words }) => `${label} ${words}`).join(', ');
  return (
    <div class="chart" role="img" aria-label={`${title}: ${label}`}>
      <p class="title">
        {title}
        {at !== null && <span>{words || (categories ? categories[at - 1] : clock(at * 1000))}</span>}
      </p>
      <p class="values">
        {values.map(({ label, colour, words }) => (
          <span key={label}>
            <i style={{ background: `var(${colour})` }} />
            {label} <b>{words}</b>
          </span>
        ))}
      </p>
      <div ref={place} />
    </div>
  );
}

/** Whether an element is on the screen, or about to be. */
function useVisible(element: { current: HTMLElement | null }): boolean {
  const [visible, see] = useState(false);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(
      (entries) => see(entries.some(({ isIntersecting }) => isIntersecting)),
      { rootMargin: '100px' },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return visible;
}

function short(value: number): string {
  return String(Number(value.toPrecision(value >= 100 ? 4 : 2)));
}

/** How many times what happened a limit may be, and still set the scale. */
const FAR_ABOVE = 50;

/** The top of a chart: all that happened, and the limits of now. */
function topOf([, ...columns]: Columns, series: readonly Series[]): number {
  const happened = columns.flatMap((column, i) => (series[i]?.as === 'bound' ? [] : column));
  const most = happened.reduce<number>((all, value) => Math.max(all, value ?? 0), 1);
  const limits = columns.flatMap((column, i) =>
    series[i]?.as === 'bound' ? (column.findLast((value) => value !== null) ?? 0) : [],
  );
  return Math.max(most, ...limits.filter((limit) => limit <= FAR_ABOVE * most));
}

function optionsOf(
  element: HTMLElement,
  series: readonly Series[],
  nameOf: ((n: number) => string) | undefined,
): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--quiet'),
    font: `12px ${style.fontFamily}`,
    grid: { stroke: colour('--hairline'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [nameOf ? 8 : MARK_WORDS + 2, 20, 0, 0],
    scales: {
      x: { time: !nameOf, ...(nameOf && { range: (_, least, most) => [least - 0.6, most + 0.6] }) },
      y: { range: ({ data }) => [0, topOf(data as Columns, series) * 1.15] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 72,
        values: (_, splits) =>
          splits.map((n) => (!nameOf ? clock(n * 1000) : Number.isInteger(n) ? nameOf(n) : '')),
      },
      { ...axis, size: 40, space: 34 },
    ],
    cursor: {
      ...(!nameOf && { sync: { key: 'time' } }),
      drag: { x: false, y: false },
      points: { size: 6 },
    },
    legend: { show: false },
    series: [
      {},
      ...series.map(({ label, colour: name, as }): uPlot.Series => {
        const stroke = colour(name);
        return {
          label,
          stroke,
          width: as === 'bound' || as === 'track' ? 1.5 : 2,
          points: { show: as === 'line', size: 4 },
          spanGaps: true,
          ...(as === 'bound' && { dash: [6, 4] }),
          // A pod has no value between it and the next one, nor has a limit that was changed.
          ...(as !== 'line' && as !== 'bars' && { paths: uPlot.paths.stepped?.({ align: 1 }) }),
          ...(as === 'steps' && { fill: `${stroke}22` }),
          ...(as === 'bars' && { paths: uPlot.paths.bars?.({ size: [0.5, 56] }), fill: `${stroke}55` }),
        } as uPlot.Series;
      }),
    ],
  };
}
