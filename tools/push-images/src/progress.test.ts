import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { startProgress } from './progress.ts';

/** What is shown while a layer of 4 MB and a small one move. */
async function shown(isTTY: boolean, silent = false): Promise<string> {
  const stream = Object.assign(new PassThrough(), { isTTY });
  const progress = startProgress(stream, silent);
  for (let bytes = 0; bytes <= 4_000_000; bytes += 1_000_000)
    progress.moved('ws-server 0123', bytes, 4_000_000);
  progress.moved('ws-server small', 10, 10);
  progress.note('a note');
  progress.stop();
  stream.end();
  return text(stream);
}

test('elsewhere than on a terminal: a line when a layer starts and one with its rate when it is there', async () => {
  const output = await shown(false);
  expect(output).toMatch(/^ws-server 0123: 4 MB\nws-server 0123: done, [\d.]+ \w?B\/s\na note\n$/);
});

test('on a terminal: a bar with bytes and rate, and the cursor back at the end', async () => {
  const output = await shown(true);
  expect(output).toMatch(/ws-server 0123 .* 4 MB of 4 MB, [\d.]+ \w?B\/s/);
  expect(output).toContain('\u001B[?25h');
  expect(output).not.toContain('small');
});

test('with --json: nothing', async () => {
  expect(await shown(true, true)).toBe('');
});
