import { PassThrough } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { resultLine, startProgress, summaryLine } from './print.ts';

const failed = {
  id: 'a',
  title: 'A',
  status: 'fail',
  seen: 'one\ntwo',
  next: 'do this',
  seconds: 1.25,
} as const;

test('a line has the state, the time, what was seen, and under it what to do', () => {
  const lines = resultLine(failed, 5, new PassThrough()).split('\n');
  expect(lines[0]).toBe('  ✗ FAIL  A        1.3 s  one');
  expect(lines[1]?.trim()).toBe('two');
  expect(lines[2]?.trim()).toBe('→ do this');
  expect(resultLine({ ...failed, status: 'skipped', seen: 'because so' }, 1, new PassThrough())).toContain(
    'skipped because so',
  );
});

test('only a terminal has colours', () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true, getColorDepth: () => 8 });
  vi.stubEnv('FORCE_COLOR', undefined);
  vi.stubEnv('NO_COLOR', undefined);
  expect(resultLine(failed, 1, terminal)).toContain('\u001b[31m');
  expect(resultLine(failed, 1, new PassThrough())).not.toContain('\u001b[');
  vi.unstubAllEnvs();
});

test('the summary counts', () => {
  expect(summaryLine([failed, failed], 3)).toBe('0 passed, 2 failed, 0 warnings, 0 skipped, 3.0 s');
});

test('a wait over 2 s is told, on a terminal in a line that goes away again', () => {
  vi.useFakeTimers();
  for (const isTTY of [true, false]) {
    const stream = Object.assign(new PassThrough(), { isTTY });
    const progress = startProgress(stream);
    progress.running(['state bucket']);
    vi.advanceTimersByTime(1500);
    expect(stream.read()).toBeNull();
    vi.advanceTimersByTime(10_000);
    expect(String(stream.read())).toMatch(/… \d+ s, waiting for: state bucket/);
    progress.stop();
    expect(stream.read()?.toString() ?? '').toBe(isTTY ? '\r\u001b[K' : '');
  }
  vi.useRealTimers();
});
