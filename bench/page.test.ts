import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

test.for([
  ['bench/run.ts', ['README.md', 'docs/benchmarks.md'], 'docs/images/bench-*.svg'],
  ['bench/scale/run.ts', ['docs/scale.md'], 'docs/images/scale-*.svg'],
] as const)('what %s writes without measuring is what is there', async ([program, pages, plots]) => {
  const copy = await mkdtemp(join(tmpdir(), 'pages-'));
  onTestFinished(() => rm(copy, { recursive: true }));
  await mkdir(join(copy, 'docs'));
  await cp(join(root, 'bench'), join(copy, 'bench'), { recursive: true });
  for (const page of pages) await cp(join(root, page), join(copy, page));
  for (const name of ['node_modules', 'package.json']) await symlink(join(root, name), join(copy, name));

  await promisify(execFile)(process.execPath, [join(copy, program), '--page']);

  const images = globSync(plots, { cwd: copy }).sort();
  expect(images.length).toBeGreaterThan(1);
  expect(images).toEqual(globSync(plots, { cwd: root }).sort());
  for (const file of [...pages, ...images]) {
    const [there, written] = await Promise.all(
      [root, copy].map((from) => readFile(join(from, file), 'utf8')),
    );
    expect(there === written, `${file} is what npx nx run bench:run -- --page writes`).toBe(true);
  }
});
