import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { git, root } from '@envoy-poc/doubles';
import { expect, test } from 'vitest';

test('a recording, where the docs write one, is no file of the repository: it fails no check, and makes no image dirty', () => {
  const pages = git(root, 'ls-files', '*.md').trim().split('\n');
  const named = pages.flatMap((page) => {
    return [...readFileSync(join(root, page), 'utf8').matchAll(/--record (\S+\.html)/g)].map(
      ([, file]) => file,
    );
  });
  expect(named.length).toBeGreaterThan(2);
  for (const file of named) {
    expect(spawnSync('git', ['check-ignore', '--quiet', `${file}`], { cwd: root }).status, file).toBe(0);
  }
});
