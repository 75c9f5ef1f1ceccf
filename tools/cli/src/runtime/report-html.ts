import type { CheckResult, Status } from './check.ts';
import type { Report } from './command.ts';
import { Markup, type Markup as MarkupType, markup } from './markup.ts';
import { summaryLine } from './print.ts';

const words: Record<Status, string> = { pass: 'pass', fail: 'FAIL', warn: 'warn', skipped: 'skipped' };

const style = new Markup(`
  :root { color-scheme: light dark; --line: #8884; --soft: #8881;
    --pass: light-dark(#1a7f37, #3fb950); --fail: light-dark(#cf222e, #ff7b72);
    --warn: light-dark(#9a6700, #d29922); --skipped: light-dark(#6e7781, #8b949e) }
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem }
  h1 { font-size: 1.4rem; margin: 0 }
  header p { margin: .25rem 0 1.5rem }
  table { border-collapse: collapse; width: 100% }
  th, td { border-bottom: 1px solid var(--line); padding: .5rem .75rem; text-align: left; vertical-align: top }
  th { font-weight: 600 }
  td:nth-child(3), th:nth-child(3) { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
  td:nth-child(2) { min-width: 11rem }
  .seen { white-space: pre-wrap; overflow-wrap: anywhere }
  code { background: var(--soft); border-radius: 4px; display: block; margin-top: .4rem; overflow-wrap: anywhere;
    padding: .3rem .5rem; white-space: pre-wrap }
  .status { font-weight: 600; white-space: nowrap }
  .pass { color: var(--pass) } .fail { color: var(--fail) } .warn { color: var(--warn) } .skipped { color: var(--skipped) }
  @media (max-width: 40rem) {
    body { margin: 1rem auto }
    thead { display: none }
    tr { border-bottom: 1px solid var(--line); display: grid; grid-template-columns: auto 1fr auto; padding: .6rem 0 }
    td { border: 0; padding: 0 .5rem 0 0 }
    td:nth-child(2) { min-width: 0 }
    td:nth-child(4) { grid-column: 1 / -1; padding-top: .3rem }
  }
`);

/** A report as one HTML page, which needs nothing else. */
export function htmlOf({ command, stack, ok, at, seconds, checks }: Report): string {
  const verdict = ok
    ? markup`<span class="pass">all is well</span>`
    : markup`<span class="fail">not well</span>`;
  const document = markup`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${command} ${stack}: ${ok ? 'all is well' : 'not well'}</title>
<style>${style}</style>
<header>
  <h1>${command} ${stack}: ${verdict}</h1>
  <p>${summaryLine(checks, seconds)} · <time datetime="${at}">${at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</time></p>
</header>
<table>
  <thead><tr><th>Status<th>Check<th>Time<th>Seen, and what to do next</tr></thead>
  <tbody>
${checks.map(rowOf)}  </tbody>
</table>
</html>
`;
  return document.text;
}

function rowOf({ id, title, status, seconds, seen, next }: CheckResult): MarkupType {
  const way = next === undefined ? markup`` : markup`<code>${next}</code>`;
  return markup`    <tr id="${id}"><td class="status ${status}">${words[status]}<td>${title}<td>${seconds.toFixed(1)} s<td><div class="seen">${seen}</div>${way}</tr>
`;
}
