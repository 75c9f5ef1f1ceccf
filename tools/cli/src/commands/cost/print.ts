import { styleText } from 'node:util';
import { type PriceSource, priceSources } from '@envoy-poc/aws-facts';
import { type Assumption, assumptions } from './assumptions.ts';
import type { CostReport } from './report.ts';

const money = (dollars: number) => dollars.toFixed(2);
/** How sure a price is; one by AWS's own words needs no remark. */
const remark = (source: PriceSource | null) => (source === 'AWS' ? '' : (source ?? ''));
const shareOf = ({ share, source }: { share: number; source: PriceSource }) =>
  [percent(share), remark(source)].filter(Boolean).join(', ');
const percent = (share: number) => (share < 0.01 ? '< 1 %' : `${Math.round(share * 100)} %`);

/**
 * A report as people read it.
 *
 * @param stream decides over colours: only a terminal has them
 */
export function printed(report: CostReport, stack: string, stream: NodeJS.WritableStream): string {
  const bold = (text: string) => styleText('bold', text, { stream });
  const { on, because } = report.previewedOn;
  const where =
    on === 'backend'
      ? 'previewed by the providers, on the state that is there'
      : `previewed by the engine on doubles of the providers and of the state, because ${because}`;
  const parts = [
    `${bold(`stack ${stack} in ${report.region}`)}, $ a month\n${where}`,
    `${table(report, bold)}\n${dominant(report)}`,
    savings(report, stack, bold),
    `assumed (--assume <name>=<number>)\n${columns(
      Object.entries(report.assumed).map(([name, value]) => [
        `  ${name}=${value}`,
        assumptions[name as Assumption].meaning,
      ]),
    )}`,
    `not counted\n${report.notCounted.map((what) => `  ${what}`).join('\n')}`,
    ...(report.caveats.length > 0 ? [`mind\n${report.caveats.map((what) => `  ${what}`).join('\n')}`] : []),
    `list prices on demand, as of ${report.pricesCheckedOn}. Without a remark: AWS's own words as public sources quote them; table: a public list that does not say where it has them; memory: compared with nothing; none read from AWS; each figure says how sure it is: libs/aws-facts/src/prices.ts`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function table({ lines, monthly, atLeast }: CostReport, bold: (text: string) => string): string {
  const rows = lines.map(({ what, count, quantity, unit, price, source, monthly: cost, share }) => [
    `  ${count > 1 ? `${count} × ` : ''}${what}`,
    price === null ? '' : `${Number(quantity.toFixed(1))} ${unit}`,
    price === null ? '' : `× ${Number(price.toFixed(5))}`,
    cost === null ? 'no price' : money(cost),
    share === null ? '' : percent(share),
    remark(source),
  ]);
  const sum = [`  ${atLeast ? 'at least' : 'total'}`, '', '', money(monthly), '', ''];
  const text = columns([...rows, sum], [1, 3, 4]).split('\n');
  return [...text.slice(0, -1), bold(text.at(-1) ?? '')].join('\n');
}

function dominant({ lines }: CostReport): string {
  const [first] = lines;
  if (!first?.share) return '  nothing costs anything';
  const sums = priceSources.slice(1).map((source) => {
    const sum = lines.reduce((all, line) => (line.source === source ? all + (line.monthly ?? 0) : all), 0);
    return { source, sum };
  });
  const unsure = sums
    .filter(({ sum }) => sum > 0)
    .map(
      ({ source, sum }) =>
        `\n  ${money(sum)} of it at prices from ${source === 'table' ? 'a table' : source}`,
    );
  return `  ${first.what} is ${percent(first.share)} of it${unsure.join('')}`;
}

function savings(report: CostReport, stack: string, bold: (text: string) => string): string {
  const { savings: found, together, partTime, impossible } = report;
  const halving = found.find(({ share }) => share >= 0.5);
  const lines = found.flatMap((saving) => [
    `  − ${money(saving.saves)} (${shareOf(saving)})  ${saving.title}: ${money(saving.monthly)}`,
    `      but ${saving.but}`,
    `      → ${saving.command}`,
  ]);
  if (together) {
    lines.push(
      bold(`  − ${money(together.saves)} (${shareOf(together)})  all of these: ${money(together.monthly)}`),
    );
  }
  if (halving) lines.push(`  the first alone halves it`);
  else if (together && together.share >= 0.5) lines.push('  together they halve it');
  else lines.push('  no setting halves it');
  lines.push(
    `  a stack that stands 40 hours a week costs ${money(partTime.monthly)}: npx nx run-many -t destroy --stack ${stack}`,
    ...impossible.map(({ title, because }) => `  not possible: ${title}; ${because}`),
  );
  return `what would make it cheaper\n${lines.join('\n')}`;
}

/** Lines up columns two spaces apart; `right` are those of numbers. */
function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return right.includes(column) ? cell.padStart(width) : cell.padEnd(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
