import { expect, test } from 'vitest';
import { access } from '../commands/access/cli.ts';
import { cleanup } from '../commands/cleanup/cli.ts';
import { cost } from '../commands/cost/cli.ts';
import { type CommandLine, runRecorded } from './testing.ts';

test.each<[string, CommandLine]>([
  ['access', access],
  ['cleanup', cleanup],
  ['cost', cost],
])('%s --help shows examples, of options that it has', async (name, command) => {
  const { code, stdout } = await runRecorded(command, ['--help'], '/nowhere');
  expect(code).toBe(0);
  const [options = '', examples = ''] = stdout.split('\nExamples:\n');
  const lines = examples.split('\n').filter((line) => line.startsWith(`  npx envoy-poc ${name}`));
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) {
    expect(line).toMatch(/\S {2,}\S/);
    for (const [option] of line.matchAll(/--[a-z]+/g)) expect(options).toContain(`  ${option}`);
  }
});
