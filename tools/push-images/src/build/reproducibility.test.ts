import { execFile } from 'node:child_process';
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../testing/fixtures.ts';

const run = promisify(execFile);
const workspace = resolve(import.meta.dirname, '../../../..');

/** Where and how one of two builds of the same commit takes place. */
interface Conditions {
  readonly umask: string;
  readonly env: Readonly<Record<string, string>>;
  readonly preload?: string;
}

const here: Conditions = { umask: '022', env: { TZ: 'UTC', LC_ALL: 'C' } };
const elsewhere: Conditions = {
  umask: '077',
  env: { TZ: 'Asia/Kathmandu', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' },
  preload: join(import.meta.dirname, '../testing/another-time.ts'),
};

/** What a build of the example workspace comes to. */
interface Built {
  readonly tag: string;
  readonly digests: readonly string[];
  readonly now: string;
}

test('same commit, same digests: another folder, umask, time zone, locale and year', async () => {
  await using first = await temporaryFolder();
  await using second = await temporaryFolder();
  const a = await checkOutAndBuild(join(first.path, 'a'), here);
  const b = await checkOutAndBuild(join(second.path, 'deeper/and/elsewhere'), elsewhere);
  expect(a.now.slice(11, 15)).not.toBe(b.now.slice(11, 15));
  expect(b.digests).toEqual(a.digests);
  expect(b.tag).toBe(a.tag);
  expect(a.tag).toMatch(/^[0-9a-f]{12}-[0-9a-f]{12}$/);
});

test('a commit of words, or of a version in the lockfile, leaves the image as it is; one of the app changes it', async () => {
  await using folder = await temporaryFolder();
  const before = await checkOutAndBuild(folder.path, here);
  await writeFile(join(folder.path, 'README.md'), 'words\n');
  await commit(folder.path);
  expect(await digestsIn(folder.path, here)).toMatchObject({ tag: before.tag, digests: before.digests });
  await writeFile(join(folder.path, 'package-lock.json'), '{"packages":{"node_modules/vitest":{}}}');
  await commit(folder.path, '2026-05-06T07:08:09Z');
  expect((await digestsIn(folder.path, here)).digests).toEqual(before.digests);
  await appendFile(join(folder.path, 'apps/ws-server/src/main.ts'), 'console.log("one line more");\n');
  await bundle(folder.path);
  const dirty = await digestsIn(folder.path, here);
  expect(dirty.tag).toMatch(/-dirty$/);
  await commit(folder.path);
  const after = await digestsIn(folder.path, here);
  expect(after.tag).not.toMatch(/-dirty$/);
  expect(after.digests[0]).not.toBe(before.digests[0]);
});

test('a clone of one commit builds the image of a full one, and so does a folder without git', async () => {
  await using folder = await temporaryFolder();
  const origin = join(folder.path, 'origin');
  const whole = await checkOutAndBuild(origin, here);
  await writeFile(join(origin, 'README.md'), 'words\n');
  await commit(origin, '2026-05-06T07:08:09Z');
  const clone = join(folder.path, 'clone');
  await run('git', ['clone', '--quiet', '--depth=1', `file://${origin}`, clone]);
  await writeWorkspace(clone);
  await bundle(clone);
  const shallow = await digestsIn(clone, here);
  expect(shallow.digests).toEqual(whole.digests);
  // The one commit that such a clone has is the last that it knows to have changed anything.
  const { stdout: head } = await run('git', ['rev-parse', 'HEAD'], { cwd: clone });
  expect(shallow.tag).toBe(`${whole.tag.slice(0, 12)}-${head.slice(0, 12)}`);

  await rm(join(clone, '.git'), { recursive: true });
  expect(await digestsIn(clone, here)).toMatchObject({
    digests: whole.digests,
    tag: whole.tag.slice(0, 12),
  });
});

async function checkOutAndBuild(root: string, surroundings: Conditions): Promise<Built> {
  await writeWorkspace(root);
  await run('git', ['init', '--quiet', '--initial-branch=main'], { cwd: root });
  await commit(root);
  await bundle(root);
  return digestsIn(root, surroundings);
}

/** A workspace of one app that bundles one package, as small as can be. */
async function writeWorkspace(root: string): Promise<void> {
  const files = {
    'package.json': '{"name":"example","license":"MIT"}',
    'package-lock.json': '{}',
    '.gitignore': 'node_modules\ndist\n',
    'apps/ws-server/package.json': '{"name":"ws-server"}',
    'apps/ws-server/src/main.ts': 'import { answer } from "left";\nconsole.log(answer as number);\n',
    'node_modules/left/package.json': '{"name":"left","version":"1.2.3","license":"MIT","main":"index.js"}',
    'node_modules/left/index.js': 'exports.answer = 42;\n',
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

/** Bundles as the real app's build target does. */
async function bundle(root: string): Promise<void> {
  const { nx } = JSON.parse(await readFile(join(workspace, 'apps/ws-server/package.json'), 'utf8'));
  const command: string = nx.targets.build.command;
  expect(command).toMatch(/^esbuild /);
  const [, ...args] = command.split(' ');
  await run(join(workspace, 'node_modules/.bin/esbuild'), args, { cwd: join(root, 'apps/ws-server') });
}

async function commit(root: string, date = '2026-02-03T04:05:06+07:00'): Promise<void> {
  const who = { NAME: 'a', EMAIL: 'a@example.com', DATE: date };
  const env = Object.fromEntries(
    Object.entries(who).flatMap(([key, value]) => [
      [`GIT_AUTHOR_${key}`, value],
      [`GIT_COMMITTER_${key}`, value],
    ]),
  );
  await run('git', ['add', '--all'], { cwd: root });
  await run('git', ['-c', 'commit.gpgsign=false', 'commit', '--quiet', '-m', 'a change'], {
    cwd: root,
    env: { ...process.env, ...env },
  });
}

async function digestsIn(root: string, { umask, env, preload }: Conditions): Promise<Built> {
  const script = join(import.meta.dirname, '../testing/print-digests.ts');
  const node = [process.execPath, ...(preload ? ['--import', preload] : []), script, root];
  const { stdout } = await run('sh', ['-c', `umask ${umask}; exec "$@"`, 'sh', ...node], {
    env: { ...process.env, ...env },
  });
  return JSON.parse(stdout);
}
