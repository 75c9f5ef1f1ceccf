import { execFileSync, spawnSync } from 'node:child_process';
import { have } from '@envoy-poc/testing';
import { expect, test } from 'vitest';
import { verbs } from '../verbs.ts';
import { knownPulumi, optionsOf } from '../words.ts';
import { parseHelp } from './parse-help.ts';
import { readTable } from './read-table.ts';
import table from './table.json' with { type: 'json' };

test('reads names, one-letter forms, and what follows', () => {
  const help = `
Flags:
      --attach-debugger stringArray[=program]   Enable the ability to attach a debugger
  -p, --parallel int32                          Allow P resource operations to run
  -y, --yes                                     Automatically approve --stack
      --show-secrets false                      Show secrets in plaintext

Global Flags:
      --tracing file:                Emit tracing
  -h, --help
`;
  expect(parseHelp(help)).toEqual([
    { name: 'attach-debugger', takes: 'optional' },
    { name: 'parallel', short: 'p', takes: 'value' },
    { name: 'yes', short: 'y', takes: 'nothing' },
    { name: 'show-secrets', takes: 'nothing' },
    { name: 'tracing', takes: 'value' },
    { name: 'help', short: 'h', takes: 'nothing' },
  ]);
});

test('every verb knows how a stack and a folder are named', () => {
  for (const verb of verbs) {
    expect(optionsOf(verb), verb).toContainEqual({ name: 'stack', short: 's', takes: 'value' });
    expect(optionsOf(verb), verb).toContainEqual({ name: 'cwd', short: 'C', takes: 'value' });
  }
});

const installed = spawnSync('pulumi', ['version'], { encoding: 'utf8' }).stdout?.trim().replace(/^v/, '');
const nextStep = 'Install it: https://www.pulumi.com/docs/install/';

test.skipIf(!have('pulumi', installed === knownPulumi, `${nextStep} (${knownPulumi})`))(
  'the table is what the Pulumi CLI says of itself',
  () => {
    expect(table).toEqual(readTable((...words) => execFileSync('pulumi', words, { encoding: 'utf8' })));
  },
  60_000,
);
