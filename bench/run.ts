import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startReaper } from '@envoy-poc/cli/start';
import { type Design, designs } from './limits/designs.ts';
import { page, type Results } from './limits/page.ts';
import { measureRate } from './limits/rate.ts';
import { measureStorms } from './limits/storm.ts';
import { measureUpgrades } from './limits/upgrade.ts';

// Limits and the price of holding them, of this project and of what people would use instead, in one run.
// npx nx run bench:run -- --help

const all = ['storm', 'rate', 'upgrade'] as const;
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [...all] },
    rounds: { type: 'string', default: '5' },
    full: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(`Usage: npx nx run bench:run -- [--only storm|rate|upgrade]... [--rounds N] [--full]

Measures and writes dist/bench/limits.json and docs/benchmarks.md. --full: also 1 and 4 worker threads, and more sizes.
haproxy and nginx are measured where they are on PATH; install them with: apt install haproxy nginx-light`);
  process.exit(0);
}
const unknown = values.only.find((name) => !(all as readonly string[]).includes(name));
if (unknown !== undefined) {
  console.error(`bench: --only ${unknown} is none of ${all.join(', ')}`);
  process.exit(2);
}

const workspace = resolve(import.meta.dirname, '..');
const compared = (Object.keys(designs) as Design[]).filter((design) => {
  if (design !== 'haproxy' && design !== 'nginx') return true;
  const there = spawnSync(design, ['-v'], { env: { PATH: `${process.env.PATH}:/usr/sbin` } }).status === 0;
  if (!there) console.error(`bench: SKIPPED ${design}: not on PATH; apt install haproxy nginx-light`);
  return there;
});
const workerCounts = values.full ? [1, 2, 4] : [2];
const proxyCounts = [1, 3];
const sizes = values.full ? [50, 100, 500, 2000] : [50, 500];
const rounds = Number(values.rounds);

const folder = await mkdtemp(join(tmpdir(), 'bench-limits-'));
const reaper = startReaper([folder]);
let networks = 200;
const network = () => `127.${networks++}`;
const base = { pods: 4, limit: 2, folder, reaper };
const file = join(workspace, 'dist/bench/limits.json');
// What is not measured now stays as it was measured last.
const results: Results = {
  ...{ storms: [], rates: [], upgrades: [] },
  ...(existsSync(file) && (JSON.parse(await readFile(file, 'utf8')) as Results)),
  machine: `${cpus().length} × ${cpus()[0]?.model}`,
  date: new Date().toISOString(),
};
try {
  if (values.only.includes('storm')) {
    results.storms = [];
    for (const workers of workerCounts) {
      for (const proxies of proxyCounts) {
        for (const design of compared) {
          console.error(`storm: ${design}, ${proxies} × ${workers}`);
          results.storms.push(
            ...(await measureStorms(design, sizes, rounds, {
              ...base,
              proxies,
              workers,
              network: network(),
            })),
          );
        }
      }
    }
  }
  if (values.only.includes('rate')) {
    results.rates = [];
    const paces = [
      { attemptsPerSecond: 25, seconds: 20, spread: 'all' },
      { attemptsPerSecond: 3, seconds: 20, spread: 'one' },
    ] as const;
    for (const design of compared.filter((each) => each !== 'envoy' && each !== 'haproxy')) {
      for (const pace of paces) {
        console.error(`rate: ${design}, ${pace.attemptsPerSecond} attempts a second at ${pace.spread}`);
        results.rates.push(
          await measureRate(design, pace, {
            ...base,
            pods: 40,
            limit: 2,
            proxies: 3,
            workers: 2,
            rate: 1,
            network: network(),
          }),
        );
      }
    }
  }
  if (values.only.includes('upgrade')) {
    console.error('upgrade');
    results.upgrades = await measureUpgrades(
      compared,
      60 * rounds,
      { ...base, proxies: 1, workers: 2 },
      network,
    );
  }
} finally {
  reaper.release();
  await rm(folder, { recursive: true, force: true });
}
await mkdir(dirname(file), { recursive: true });
await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
await writeFile(join(workspace, 'docs/benchmarks.md'), page(results));
console.log(page(results));
