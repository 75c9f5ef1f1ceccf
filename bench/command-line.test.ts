import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

test.for([
  ['run.ts', ['--onyl', 'storm'], /^bench: Unknown option '--onyl'.*; --help shows what there is\n$/],
  ['run.ts', ['--only', 'storms'], /^bench: --only storms is none of storm, rate, .*\n$/],
  ['scale/run.ts', ['--pods', '201'], /^bench: --pods 201 is not a number from 1 to 200\n$/],
] as const)('%s %j says what is wrong, in a line', async ([program, words, expected]) => {
  const ended = run(process.execPath, [join(import.meta.dirname, program), ...words]);
  await expect(ended).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(expected) });
});
