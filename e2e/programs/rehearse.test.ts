import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { killAll, killPids, pidsWith } from '@envoy-poc/doubles';
import { describe, expect, onTestFinished, test } from 'vitest';

const main = join(import.meta.dirname, '../../tools/cli/bin/envoy-poc.mjs');
const patience = { timeout: 150_000, interval: 50 };
const node = dirname(process.execPath);

/** Runs the command in an empty folder, which is also where it may put temporary files; `path` is all of PATH. */
function rehearse(words: string[], path: string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'rehearse-test-'));
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  const mark = `TMPDIR=${temporary}`;
  const child = spawn(process.execPath, [main, 'rehearse', ...words], {
    cwd: folder,
    env: { TMPDIR: temporary, HOME: folder, PATH: [node, ...path].join(delimiter) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    killAll(mark, []);
    await ended;
    rmSync(folder, { recursive: true, maxRetries: 20, retryDelay: 100 });
  });
  return { folder, temporary, mark, child, ended, output: () => output };
}

test('without pulumi: what to install', async () => {
  const { ended, output, temporary } = rehearse([]);
  expect(await ended).toBe(1);
  expect(output().trim()).toBe('no pulumi on PATH; install it: https://www.pulumi.com/docs/install/');
  expect(readdirSync(temporary)).toEqual([]);
});

test.each([
  [['--timeline', 'nowhere/time.svg'], "'nowhere/time.svg' is invalid. It cannot be written: ENOENT"],
  [['--timeline', 'tmp'], 'It is drawn as SVG: name a file that ends in .svg'],
  [['--time-line', 'time.svg'], "unknown option '--time-line'"],
  [['deploy'], 'too many arguments'],
])('%j is refused before anything is begun', async (words, message) => {
  const { ended, output, temporary } = rehearse(words);
  expect(await ended).toBe(2);
  expect(output()).toContain(message);
  expect(readdirSync(temporary)).toEqual([]);
});

test('to be writable, a picture need not be there, and is not there before it is drawn', async () => {
  const { ended, output, folder } = rehearse(['--timeline', 'time.svg']);
  await ended;
  expect(output()).toContain('no pulumi on PATH');
  expect(existsSync(join(folder, 'time.svg'))).toBe(false);
});

test('--help says what it does and how it exits', async () => {
  const { ended, output } = rehearse(['--help']);
  expect(await ended).toBe(0);
  expect(output()).toMatch(
    /--timeline <file.svg>[\s\S]*Exit: 0 done, 1 failed, 2 bad usage, 130 interrupted/,
  );
});

describe.skipIf(process.platform !== 'linux')('in the middle of a deploy', () => {
  /** With an engine that says that it was started, and then does nothing. */
  async function deploying() {
    const bin = mkdtempSync(join(tmpdir(), 'rehearse-test-bin-'));
    onTestFinished(() => rmSync(bin, { recursive: true }));
    const started = join(bin, 'started');
    writeFileSync(
      join(bin, 'pulumi'),
      `#!/bin/sh\n[ "$1" = version ] && exit 0\n: > '${started}'\nexec sleep 600\n`,
    );
    chmodSync(join(bin, 'pulumi'), 0o755);
    const run = rehearse([], [bin, '/usr/local/bin', '/usr/bin', '/bin']);
    await expect
      .poll(() => existsSync(started) || (run.child.exitCode !== null && run.output()), patience)
      .toBe(true);
    expect(readdirSync(run.temporary)).not.toEqual([]);
    return run;
  }
  const left = ({ mark, temporary }: { mark: string; temporary: string }) => [
    pidsWith(mark),
    readdirSync(temporary),
  ];

  test('Ctrl-C leaves no process and no folder', { timeout: 200_000 }, async () => {
    const run = await deploying();
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(130);
    expect(run.output()).toContain('interrupted');
    await expect.poll(() => left(run), patience).toEqual([[], []]);
  });

  test('nor does SIGKILL', { timeout: 200_000 }, async () => {
    const run = await deploying();
    run.child.kill('SIGKILL');
    await run.ended;
    await expect.poll(() => left(run), patience).toEqual([[], []]);
  });

  test('a command that a signal ends is told with the signal', { timeout: 200_000 }, async () => {
    const run = await deploying();
    const ours = new Set(pidsWith(run.mark));
    const nx = pidsWith('run-many', 'cmdline')?.filter((pid) => ours.has(pid)) ?? [];
    expect(nx).not.toEqual([]);
    killPids(nx);
    expect(await run.ended).toBe(1);
    expect(run.output()).toContain('nx run-many -t deploy was ended by SIGKILL');
    await expect.poll(() => left(run), patience).toEqual([[], []]);
  });
});
