import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { verbs } from '@envoy-poc/cli/verbs';
import { expect, test } from 'vitest';

const program = join(import.meta.dirname, '../../tools/cli/bin/envoy-poc.mjs');

function envoyPoc(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, HOME: '/nonexistent' };
    execFile(process.execPath, [program, ...words], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

test('--help names every verb', async () => {
  const { code, stdout } = await envoyPoc('--help');
  expect(code).toBe(0);
  for (const { name, summary } of verbs) expect(stdout).toMatch(new RegExp(`^  ${name} +${summary}`, 'm'));
});

// Those that work on the stacks of layers share their code: one of them is enough.
const families = verbs
  .map(({ name }) => name)
  .filter((name) => !/^(preview|outputs|refresh|drift|destroy)$/.test(name));

test.each(families)('%s --help has examples, of options that it has', async (verb) => {
  const { code, stdout } = await envoyPoc(verb, '--help');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Usage: envoy-poc /m);
  expect(stdout).toMatch(new RegExp(`^Examples:\\n  .*(envoy-poc ${verb}|npm start)`, 'm'));
  const [options = '', examples = ''] = stdout.split('\nExamples:\n');
  if (options.includes('and the options of pulumi')) return;
  for (const [option] of examples.matchAll(/(?<= )--[a-z-]+/g)) expect(options).toContain(option);
});

test('an unknown verb is bad usage, and the likely one is named', async () => {
  const { code, stderr } = await envoyPoc('verfy');
  expect(code).toBe(2);
  expect(stderr).toMatch(/unknown command 'verfy'\s+\(Did you mean verify\?\)/);
});
