import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { killAll, pidsWith } from './processes.ts';

const patience = { timeout: 60_000, interval: 50 };

/** A process that starts a reaper and something in a session of its own, and says so; then does `last`. */
async function start(last: string) {
  const folder = mkdtempSync(join(tmpdir(), 'reaper-'));
  const mark = `REAPER_TEST=${folder}`;
  const program = `
    const { spawn } = await import('node:child_process');
    const { startReaper } = await import(${JSON.stringify(import.meta.resolve('./reaper.ts'))});
    const reaper = startReaper(${JSON.stringify(mark)}, ${JSON.stringify(folder)});
    spawn('sleep', ['600'], { detached: true, stdio: 'ignore', env: { ...process.env, REAPER_TEST: ${JSON.stringify(folder)} } }).unref();
    ${last}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
    killAll(mark, []);
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  return { folder, mark, child, ended };
}

test.skipIf(process.platform !== 'linux')('who is killed leaves no process and no folder', async () => {
  const { folder, mark, child, ended } = await start('setInterval(() => {}, 1000);');
  await expect.poll(() => pidsWith(mark)?.length, patience).toBe(1);
  expect(existsSync(folder)).toBe(true);
  child.kill('SIGKILL');
  await ended;
  await expect.poll(() => [pidsWith(mark), existsSync(folder)], patience).toEqual([[], false]);
});

test.skipIf(process.platform !== 'linux')('who lets it go keeps what there is', async () => {
  const { folder, mark, ended } = await start('reaper.release();');
  await ended;
  const reapers = () => pidsWith(`reaper\0${mark}`, 'cmdline');
  await expect.poll(reapers, patience).toEqual([]);
  expect([pidsWith(mark)?.length, existsSync(folder)]).toEqual([1, true]);
});
