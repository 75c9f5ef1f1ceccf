import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/** What a program with a source map to `original.ts` sees of itself. */
function seen(before: string): { site: string; stack: string } {
  const folder = mkdtempSync(join(tmpdir(), 'call-sites-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const map = JSON.stringify({ version: 3, sources: ['original.ts'], names: [], mappings: 'AAAA' });
  const code = `${before}const site = require('node:util').getCallSites()[0].scriptName; console.log(JSON.stringify({ site, stack: new Error('').stack }));`;
  const url = `data:application/json;base64,${Buffer.from(map).toString('base64')}`;
  writeFileSync(join(folder, 'made.cjs'), `${code}\n//# sourceMappingURL=${url}\n`);
  const words = ['--enable-source-maps', join(folder, 'made.cjs')];
  return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' }));
}

test.skipIf(!process.features.typescript)(
  'call sites are found without source maps, stack traces with them',
  () => {
    const module = JSON.stringify(join(import.meta.dirname, 'call-sites.ts'));
    const { site, stack } = seen(`require(${module}); `);
    expect(site).toMatch(/made\.cjs$/);
    expect(stack).toContain('original.ts');
  },
);

test('control: Node itself takes them for call sites too', () => {
  expect(seen('').site).toMatch(/original\.ts$/);
});
