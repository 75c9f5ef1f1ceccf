import { styleText } from 'node:util';
import { type Assumption, assumptions } from './assumptions.ts';
import type { CostReport } from './report.ts';

const money = (dollars: number) => dollars.toFixed(2);
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
    `list prices on demand, compared on ${report.pricesCheckedOn} with public sources as far as there are any, none read from AWS; each figure says how sure it is: libs/aws-facts/src/prices.ts`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function table({ lines, monthly, atLeast }: CostReport, bold: (text: string) => string): string {
  const rows = lines.map(({ what, count, quantity, unit, price, monthly: cost, share }) => [
    `  ${count > 1 ? `${count} × ` : ''}${what}`,
    price === null ? '' : `${Number(quantity.toFixed(1))} ${unit}`,
    price === null ? '' : `× ${Number(price.toFixed(5))}`,
    cost === null ? 'no price' : money(cost),
    share === null ? '' : percent(share),
  ]);
  const sum = [`  ${atLeast ? 'at least' : 'total'}`, '', '', money(monthly), ''];
  const text = columns([...rows, sum], [1, 3, 4]).split('\n');
  return [...text.slice(0, -1), bold(text.at(-1) ?? '')].join('\n');
}

function dominant({ lines }: CostReport): string {
  const [first] = lines;
  return first?.share ? `  ${first.what} is ${percent(first.share)} of it` : '  nothing costs anything';
}

function savings(report: CostReport, stack: string, bold: (text: string) => string): string {
  const { savings: found, together, partTime, impossible } = report;
  const halving = found.find(({ share }) => share >= 0.5);
  const lines = found.flatMap(({ title, saves, share, monthly, but, command }) => [
    `  − ${money(saves)} (${percent(share)})  ${title}: ${money(monthly)}`,
    `      but ${but}`,
    `      → ${command}`,
  ]);
  if (together) {
    lines.push(
      bold(
        `  − ${money(together.saves)} (${percent(together.share)})  all of these: ${money(together.monthly)}`,
      ),
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
