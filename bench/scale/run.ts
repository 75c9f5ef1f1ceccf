import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { chosenParts, commandLine, whole } from '../command-line.ts';
import { machine, workplace } from '../workplace.ts';
import { type Calibration, calibrate } from './calibration/calibrate.ts';
import { cases } from './calibration/settings.ts';
import { measureGoal } from './goal.ts';
import { measureLaw } from './law.ts';
import { page } from './page.ts';
import { readResults, resultFile } from './results.ts';

// How far the ways to find a free slot scale: npx nx run bench:scale -- --help

const parts = ['calibration', 'law', 'goal'] as const;
type Part = (typeof parts)[number];

const values = commandLine(
  {
    only: { type: 'string', multiple: true, default: [...parts] },
    case: { type: 'string', multiple: true, default: [] },
    pods: { type: 'string', default: '200' },
    edges: { type: 'string', default: '10' },
    attempts: { type: 'string', default: '5000' },
    runs: { type: 'string', default: '4' },
    page: { type: 'boolean', default: false },
  },
  `Usage: npx nx run bench:scale -- [--only PART]... [--page]

Simulates and measures, and writes bench/scale/results/PART.json and docs/scale.md. Other parts keep their results.

  calibration  the simulator against real pods and Envoys on loopback addresses; takes about 25 minutes
  law          at which churn so many tries still find a slot; simulated
  goal         an hour of 10,000 pods; simulated

  --case N     calibration of these cases only, 1 to ${cases.length}; the others keep their results
  --pods N     real pods (default 200, up to 200)
  --edges N    real edges (default 10, up to 50)
  --attempts N attempts of each case, all runs together (default 5000)
  --runs N     fleets started for each case (default 4)
  --page       measure nothing, write docs/scale.md from the results`,
);
const only = chosenParts(values.only, parts);
const onlyCases = values.case.map((text) => whole('case', text, cases.length));
const size = {
  pods: whole('pods', values.pods, 200),
  edges: whole('edges', values.edges, 50),
  attempts: whole('attempts', values.attempts, 1_000_000),
  runs: whole('runs', values.runs, 100),
};

const docs = resolve(import.meta.dirname, '../../docs');
const chosen = (part: Part) => !values.page && only.includes(part);
const progress = (line: string) => console.error(line);

if (chosen('law')) {
  progress('law');
  await keep('law', measureLaw(20_000));
}
if (chosen('goal')) {
  progress('goal');
  await keep('goal', measureGoal(3600));
}
if (chosen('calibration')) await keep('calibration', await calibration());

const { text, plots } = page(await readResults());
await mkdir(join(docs, 'images'), { recursive: true });
for (const [name, svg] of Object.entries(plots)) await writeFile(join(docs, 'images', name), svg);
await writeFile(join(docs, 'scale.md'), text);
console.log('bench: wrote docs/scale.md; results are in bench/scale/results');

async function calibration(): Promise<Calibration> {
  using place = await workplace('bench-scale');
  const { folder, reaper } = place;
  let networks = 20;
  const network = () => `127.${20 + (networks++ % 200)}`;
  const measured = await calibrate(size, { folder, reaper, network }, onlyCases, progress);
  const before = onlyCases.length > 0 ? (await readResults()).calibration : undefined;
  const rows = [
    ...(before?.rows.filter(({ number }) => !onlyCases.includes(number)) ?? []),
    ...measured.rows,
  ].toSorted((a, b) => a.number - b.number);
  return { ...measured, rows, machine, date: new Date().toISOString().slice(0, 10) };
}

async function keep(part: Part, result: object): Promise<void> {
  await mkdir(join(import.meta.dirname, 'results'), { recursive: true });
  await writeFile(resultFile(part), `${JSON.stringify(result, null, 1)}\n`);
}
