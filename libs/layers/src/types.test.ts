import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';

const fixture = new URL('../fixtures/fields.ts', import.meta.url).pathname;
const project = new URL('../fixtures/tsconfig.json', import.meta.url).pathname;
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

test('a wrong layer, output, field or type does not compile; right ones do', { timeout: 60_000 }, () => {
  const expected = readFileSync(fixture, 'utf8')
    .split('\n')
    .flatMap((text, index) =>
      text.includes('// TS') ? [`${index + 1} ${text.split('// ')[1]?.split(':')[0]}`] : [],
    );
  const { stdout } = spawnSync(process.execPath, [tsc, '--project', project, '--pretty', 'false'], {
    encoding: 'utf8',
  });
  const seen = [...stdout.matchAll(/fields\.ts\((\d+),\d+\): error (TS\d+)/g)].map(
    ([, line, code]) => `${line} ${code}`,
  );
  expect(seen).toEqual(expected);
  expect(seen).toHaveLength(7);
});
