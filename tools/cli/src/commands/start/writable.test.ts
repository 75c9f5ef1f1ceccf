import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { UsageError } from '#runtime/errors';
import { prepareFile, prepareFolder } from './writable.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'writable-'));
  onTestFinished(() => rm(folder, { recursive: true }));
});

test('a folder that is missing is made; no report is left before there is one', async () => {
  await prepareFile('--report', join(folder, 'a', 'b', 'report.json'));
  expect(await readdir(join(folder, 'a', 'b'))).toEqual([]);
});

test('an earlier report stays until the new one is written', async () => {
  const file = join(folder, 'report.json');
  await writeFile(file, 'earlier');
  await prepareFile('--report', file);
  expect(await readFile(file, 'utf8')).toBe('earlier');
});

test('a report where none can be is refused, with the file, the cause and the next step', async () => {
  await writeFile(join(folder, 'file'), '');
  const within = join(folder, 'file', 'report.json');
  await expect(prepareFile('--report', within)).rejects.toThrow(UsageError);
  await expect(prepareFile('--report', within)).rejects.toThrow(
    new RegExp(
      `^--report ${within} cannot be written \\(E(NOTDIR|EXIST)\\); name a file in a folder that can be written$`,
    ),
  );
  await expect(prepareFile('--report', folder)).rejects.toThrow(/cannot be written \(EISDIR\)/);
});

test.runIf(process.platform === 'linux')(
  'a report in a folder that never can be is refused, not waited for',
  async () => {
    await expect(prepareFile('--report', '/proc/nowhere/deeper/report.json')).rejects.toThrow(
      /cannot be written \(ENOENT\)/,
    );
  },
);

test('a folder that cannot be made is refused', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(prepareFolder(join(folder, 'file', '.local'))).rejects.toThrow(
    /cannot be written \(E(NOTDIR|EXIST)\)/,
  );
});
