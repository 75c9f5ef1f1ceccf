import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { git, root } from '@envoy-poc/doubles';
import { expect, test } from 'vitest';

/** Names of the account that this platform was first made for; `platform.yaml` is their home. */
const ofOneAccount = /cfndev|avive|envoy-vpc/;

test('no code knows the names of one account', () => {
  const files = git(root, 'ls-files', '*.ts', '*.mjs', '*.js', '*.html', '*/package.json', 'nx.json')
    .trim()
    .split('\n')
    .filter((file) => !/\.test\.ts$|\/testing[/-]|^e2e\//.test(file));
  expect(files.length).toBeGreaterThan(200);
  const holding = files.filter((file) => ofOneAccount.test(readFileSync(join(root, file), 'utf8')));
  expect(holding).toEqual([]);
});
