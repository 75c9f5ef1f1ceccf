import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../testing/fixtures.ts';
import { haveCommand } from '../testing/needs.ts';
import { type TarFile, tarBytes } from './tar.ts';

/** Names as an app could have them: other scripts, spaces, and too long for the old header (100 and 255 bytes). */
const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .filter(
    (text) => !/[/\\\0\p{Cc}\p{Cs}]/u.test(text) && !/^\.{1,2}$/.test(text) && Buffer.byteLength(text) < 250,
  );

const files = fc
  .dictionary(
    fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/')),
    fc.uint8Array({ maxLength: 1500 }),
    { maxKeys: 6 },
  )
  .map((tree) => Object.entries(tree).map(([path, content]): TarFile => ({ path, content })))
  // A path cannot be a file and a folder at once.
  .filter((list) => !list.some((a) => list.some((b) => b.path.startsWith(`${a.path}/`))));

test.runIf(haveCommand('tar'))(
  'GNU tar reads back every file, folder, mode and time',
  { timeout: 30_000 },
  async () => {
    await using folder = await temporaryFolder();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(files, async (list) => {
        const target = join(folder.path, String(run++));
        await mkdir(target);
        const archive = await tarBytes(list);
        const options = { input: archive, env: { ...process.env, LC_ALL: 'C.UTF-8' } };
        execFileSync('tar', ['--extract', '--preserve-permissions', '--directory', target], options);
        expect(await tree(target)).toEqual(expectedTree(list));
        const listing = execFileSync(
          'tar',
          ['--list', '--verbose', '--numeric-owner', '--utc'],
          options,
        ).toString();
        for (const line of listing.split('\n').filter(Boolean)) {
          expect(line).toMatch(/^(d\S+|-rw-r--r--) 0\/0 +\d+ 1970-01-01 00:00 /);
        }
      }),
      { numRuns: 60 },
    );
  },
);

test('the order in which files are given makes no difference', async () => {
  await fc.assert(
    fc.asyncProperty(files, async (list) => {
      expect(await tarBytes(list.toReversed())).toEqual(await tarBytes(list));
    }),
    { numRuns: 60 },
  );
});

test('a blob and the same bytes in memory make the same tar', async () => {
  const content = Buffer.alloc(100_000, 'x');
  const streamed = await tarBytes([{ path: 'a/b', content: new Blob([content]) }]);
  expect(streamed).toEqual(await tarBytes([{ path: '/a/b', content }]));
});

/** Every path under a folder: a folder's mode, a file's mode, time and content. */
async function tree(folder: string): Promise<Record<string, unknown>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const { mode, mtimeMs } = await stat(path);
    const relative = path.slice(folder.length + 1);
    if (entry.isDirectory()) return [relative, { mode: mode & 0o777 }];
    return [relative, { mode: mode & 0o777, mtimeMs, content: (await readFile(path)).toString('hex') }];
  });
  return Object.fromEntries(await Promise.all(found));
}

function expectedTree(list: readonly TarFile[]): Record<string, unknown> {
  const expected: Record<string, unknown> = {};
  for (const { path, content } of list) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      expected[parts.slice(0, depth).join('/')] = { mode: 0o755 };
    }
    const hex = Buffer.from(content as Uint8Array).toString('hex');
    expected[path] = { mode: 0o644, mtimeMs: 1000, content: hex };
  }
  return expected;
}
