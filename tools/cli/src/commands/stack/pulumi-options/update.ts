// Writes the options of the Pulumi CLI on PATH into table.json:
// node tools/cli/src/commands/stack/pulumi-options/update.ts && npx biome check --write tools/cli
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTable } from './read-table.ts';

const table = readTable((...words) => execFileSync('pulumi', words, { encoding: 'utf8' }));
writeFileSync(join(import.meta.dirname, 'table.json'), JSON.stringify(table));
