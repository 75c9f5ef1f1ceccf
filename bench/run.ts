import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { chosenParts, commandLine, fail, whole } from './command-line.ts';
import { firstMinutes } from './first-minutes/first-minutes.ts';
import { type RateResult, rate } from './limits/rate.ts';
import { limitsTable } from './limits/readme.ts';
import { type StormResult, storm } from './limits/storm.ts';
import { upgrade } from './limits/upgrade.ts';
import type { Part } from './part.ts';
import { push } from './push/push.ts';
import { refusals } from './refusals/refusals.ts';
import { server } from './server/server.ts';
import { traffic } from './traffic/traffic.ts';
import { machine, workplace } from './workplace.ts';

// This project and what people would use instead, measured in one run: npx nx run bench:run -- --help

const parts: readonly Part[] = [storm, rate, upgrade, traffic, refusals, server, push, firstMinutes];

const width = Math.max(...parts.map(({ name }) => name.length));
const values = commandLine(
  {
    only: { type: 'string', multiple: true, default: parts.map(({ name }) => name) },
    rounds: { type: 'string', default: '5' },
    full: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
  },
  `Usage: npx nx run bench:run -- [--only PART]... [--rounds N] [--full] [--page]

Measures, and writes bench/results/PART.json and docs/benchmarks.md. Parts that are not measured keep their results.

${parts.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`).join('\n')}

  --rounds N   repeat each measurement N times (default 5)
  --full       also more sizes and worker threads
  --page       measure nothing, write docs/benchmarks.md from the results`,
);
const rounds = whole('rounds', values.rounds);
const only = chosenParts(
  values.only,
  parts.map(({ name }) => name),
);

/** A result as it is kept. */
interface Kept {
  machine: string;
  /** ISO 8601, UTC. */
  date: string;
  result: unknown;
}

const docs = resolve(import.meta.dirname, '../docs');
const fileOf = (part: Part) => join(import.meta.dirname, 'results', `${part.name}.json`);

if (!values.page) {
  using place = await workplace('bench');
  const { folder, reaper } = place;
  let networks = 200;
  const setting = {
    ...{ rounds, full: values.full, folder, reaper },
    network: () => `127.${networks++}`,
    progress: (line: string) => console.error(line),
  };
  for (const part of parts.filter(({ name }) => only.includes(name))) {
    const result = await part.measure(setting);
    if (result === undefined) continue;
    const kept: Kept = { machine, date: new Date().toISOString(), result };
    await mkdir(join(import.meta.dirname, 'results'), { recursive: true });
    await writeFile(fileOf(part), `${asText(kept)}\n`);
  }
}

const sections: string[] = [];
const results: Record<string, unknown> = {};
for (const part of parts.filter((each) => existsSync(fileOf(each)))) {
  const { machine, date, result } = JSON.parse(await readFile(fileOf(part), 'utf8')) as Kept;
  results[part.name] = result;
  sections.push('', ...part.section(result), '', `Measured on ${date.slice(0, 10)}, on ${machine}.`);
  for (const [name, svg] of Object.entries(part.plots?.(result) ?? {})) {
    await mkdir(join(docs, 'images'), { recursive: true });
    await writeFile(join(docs, 'images', name), svg);
  }
}
await writeFile(
  join(docs, 'benchmarks.md'),
  [
    '# Benchmarks',
    '',
    'This project beside what people would use instead, with real proxies and real server pods on one machine. Written by',
    '`npx nx run bench:run`, which measures it on yours; the raw results are in [bench/results](../bench/results).',
    '',
    'Compare rows of one table only: they are measured in one run, in turns where that is possible. Proxies, pods and',
    'clients share the machine, so times are longer than a proxy alone would need, for all designs alike. Peers that are',
    'not installed are left out: `apt install haproxy nginx-light redis-server`, and Go for envoyproxy/ratelimit.',
    ...sections,
    '',
  ].join('\n'),
);
if (results.storm && results.rate) {
  const table = limitsTable(results.storm as StormResult[], results.rate as RateResult[]);
  await fill(resolve(docs, '../README.md'), 'limits', table);
}
console.log(`bench: wrote docs/benchmarks.md; results are in bench/results`);

/** JSON with each list of numbers on one line. */
function asText(kept: Kept): string {
  return JSON.stringify(kept, null, 1).replace(/\[[\d.,\s-]+\]/g, (numbers) =>
    numbers.replaceAll(/\s+/g, ' '),
  );
}

/** Writes lines between the comments `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` of a page. */
async function fill(file: string, name: string, lines: string[]): Promise<void> {
  const text = await readFile(file, 'utf8');
  const [before, after] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const from = text.indexOf(before);
  const to = text.indexOf(after);
  if (from < 0 || to < from) fail(`${file} has no ${before} … ${after}`);
  await writeFile(file, [text.slice(0, from + before.length), '', ...lines, '', text.slice(to)].join('\n'));
}
