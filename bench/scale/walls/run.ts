import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reaper } from '@envoy-poc/cli/start';
import { chosenParts, commandLine } from '../../command-line.ts';
import { workplace } from '../../workplace.ts';
import { measureChecks } from './checks.ts';
import { measureDns } from './dns.ts';
import { measurePicker } from './picker.ts';
import type { Table } from './table.ts';

// Where the parts of the platform end, by measuring them.
// node bench/scale/walls/run.ts --help

const parts = {
  dns: async (folder, reaper) => [await measureDns([1000, 4000, 4100, 10_000], folder, reaper)],
  checks: async (folder, reaper) => [await measureChecks([2000, 4000, 8000], 10, folder, reaper)],
  picker: (_, reaper) => measurePicker([1000, 10_000], 5, reaper),
} satisfies Record<string, (folder: string, reaper: Reaper) => Promise<Table[]>>;
type Part = keyof typeof parts;

const values = commandLine(
  {
    only: { type: 'string', multiple: true, default: Object.keys(parts) },
  },
  `Usage: node bench/scale/walls/run.ts [--only dns|checks|picker]...

Measures where the parts of the platform end, and writes bench/scale/results/walls.json; parts that are not measured now
stay as they were measured last. Linux only. Opens more than 20,000 files and ports of 127.0.0.0/8.

dns     headless names of up to 10,000 addresses: needs coredns and kubectl on PATH, and a cluster by KUBECONFIG
checks  health checks of up to 8,000 pods by one Envoy
picker  one endpoint picker with up to 10,000 pods: needs npx nx run endpoint-picker:build`,
);
const only = chosenParts(values.only, Object.keys(parts) as Part[]);

const file = join(import.meta.dirname, '../results/walls.json');
using place = await workplace('bench-walls');
const { folder, reaper } = place;
/** The tables of each part, in the order of the parts; titles tell them apart. */
let tables: Table[] = existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : [];
try {
  for (const part of only) {
    console.error(part);
    for (const table of await parts[part](folder, reaper)) {
      const same = tables.findIndex(({ title }) => title === table.title);
      tables = same < 0 ? [...tables, table] : tables.with(same, table);
      console.log(table.title);
      console.table(
        table.rows.map((row) => Object.fromEntries(table.columns.map((column, n) => [column, row[n]]))),
      );
    }
    await writeFile(file, `${JSON.stringify(tables, null, 2)}\n`);
  }
} catch (error) {
  console.error(`walls: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
