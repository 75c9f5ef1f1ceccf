import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

export { Plot };

/** Colours of one hue a meaning, which read well on light and on dark. */
export const colours = { ours: '#1f77b4', peer: '#8c8c8c', bad: '#d62728', limit: '#e08a1e' } as const;

/** Follows the reader's theme, with a background of its own where the page does not. */
const style = `
  text { font-family: system-ui, sans-serif; }
  svg { color: #1f2328; --plot-background: #ffffff; }
  .page { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    svg { color: #e6edf3; --plot-background: #0d1117; }
    .page { fill: #0d1117; }
  }`;

/** The title of a plot, above it. */
export function heading(title: string) {
  return Plot.text([title], { frameAnchor: 'top-left', dy: -28, fontSize: 12, fontWeight: 600 });
}

/** A bar. */
interface Bar {
  name: string;
  value: number;
  colour: string;
}

interface Bars {
  bars: readonly Bar[];
  show: (value: number) => string;
  /** Whether names are written: once for plots side by side. Default: yes. */
  names?: boolean;
  /** Names with a place, also those without a bar. Default: those of the bars. */
  places?: readonly string[];
  /** A bound, as a line. */
  bound?: number;
}

/** A plot of one horizontal bar a name, with its value beside it. */
export function barPlot(title: string, { bars, show, names = true, places, bound }: Bars): Plot.PlotOptions {
  const domain = places ?? bars.map(({ name }) => name);
  return {
    ...{ width: names ? 440 : 240, height: 56 + 28 * domain.length },
    ...{ marginLeft: names ? 200 : 10, marginTop: 40, marginBottom: 20, marginRight: 30 },
    x: { axis: null, domain: [0, Math.max(bound ?? 0, ...bars.map(({ value }) => value)) * 1.2] },
    y: { domain, label: null, tickSize: 0, axis: names ? 'left' : null },
    marks: [
      Plot.barX(bars, {
        x: 'value',
        y: 'name',
        fill: ({ colour }: Bar) => colour,
        insetTop: 4,
        insetBottom: 4,
      }),
      Plot.text(bars, {
        ...{ x: 'value', y: 'name', dx: 4, textAnchor: 'start' },
        text: ({ value }: Bar) => show(value),
      }),
      ...(bound === undefined
        ? []
        : [Plot.ruleX([bound], { stroke: colours.limit, strokeWidth: 2, strokeDasharray: '4 3' })]),
      heading(title),
    ],
  };
}

/**
 * An SVG file of plots side by side, each with a width and height in pixels.
 * `title` is what a screen reader says of it.
 */
export function svg(title: string, plots: readonly Plot.PlotOptions[]): string {
  const { document } = parseHTML('<html><body></body></html>');
  let x = 0;
  let height = 0;
  const drawn = plots.map((options) => {
    const plot = Plot.plot({ ...options, document: document as Plot.PlotOptions['document'] });
    // A style sheet of the library would apply to every plot of the file, and set colours again.
    for (const sheet of plot.querySelectorAll('style')) sheet.remove();
    plot.setAttribute('x', String(x));
    x += Number(plot.getAttribute('width'));
    height = Math.max(height, Number(plot.getAttribute('height')));
    return String(plot.outerHTML).replace(/\d+\.\d{3,}/g, (long) => Number(long).toFixed(2));
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${x} ${height}" width="${x}" height="${height}" role="img" font-size="12">`,
    `<title>${title.replace(/[&<]/g, (c) => `&#${c.charCodeAt(0)};`)}</title>`,
    `<style>${style}</style>`,
    '<rect class="page" width="100%" height="100%"/>',
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}
