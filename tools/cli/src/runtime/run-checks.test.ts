import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Check, fail, isWell, pass, skip, warn } from './check.ts';
import { CheckError } from './errors.ts';
import { runChecks } from './run-checks.ts';

const { signal } = new AbortController();
const check = (id: string, run: Check<null>['run'], needs: string[] = []): Check<null> => ({
  id,
  title: id,
  needs,
  run,
});

test('results come in the order of the checks, whichever is done first', async () => {
  const seen: string[] = [];
  const slow = check('slow', async () => {
    await sleep(30);
    return pass('late');
  });
  const results = await runChecks([slow, check('fast', () => pass('early'))], null, {
    signal,
    onResult: ({ id }) => seen.push(id),
  });
  expect(seen).toEqual(['slow', 'fast']);
  expect(results.map(({ status, seen }) => [status, seen])).toEqual([
    ['pass', 'late'],
    ['pass', 'early'],
  ]);
});

test('what needs a check that failed is skipped, and what needs one that warned is not', async () => {
  const results = await runChecks(
    [
      check('one', () => fail('broken', 'mend it')),
      check('two', () => pass('never'), ['one']),
      check('three', () => pass('never'), ['two']),
      check('four', () => warn('odd', 'look')),
      check('five', () => pass('yes'), ['four']),
    ],
    null,
    { signal },
  );
  expect(results.map(({ status, seen }) => `${status} ${seen}`)).toEqual([
    'fail broken',
    'skipped because "one" failed',
    'skipped because "two" was skipped',
    'warn odd',
    'pass yes',
  ]);
  expect(results[0]?.next).toBe('mend it');
});

test('an error is a failure, with the next step if it has one', async () => {
  const results = await runChecks(
    [
      check('known', () => {
        throw new CheckError('no bucket', 'make it');
      }),
      check('unknown', () => {
        throw new TypeError('oops');
      }),
    ],
    null,
    { signal },
  );
  expect(results[0]).toMatchObject({ status: 'fail', seen: 'no bucket', next: 'make it' });
  expect(results[1]).toMatchObject({ status: 'fail', seen: expect.stringContaining('oops') });
});

test('a check that never answers fails in time, though it does not look at its signal', async () => {
  const [result] = await runChecks([check('deaf', () => new Promise(() => {}))], null, {
    signal,
    timeoutSeconds: 0.05,
  });
  expect(result).toMatchObject({ status: 'fail', seen: 'no answer in time' });
});

test('a check that throws at once is a failure, and no rejection comes later', async () => {
  const rejected: unknown[] = [];
  const listener = (reason: unknown) => rejected.push(reason);
  process.on('unhandledRejection', listener);
  const throws = check('one', () => {
    throw new CheckError('broken', 'mend it');
  });
  const [result] = await runChecks([throws], null, { signal, timeoutSeconds: 0.05 });
  await sleep(200);
  process.off('unhandledRejection', listener);
  expect(result?.status).toBe('fail');
  expect(rejected).toEqual([]);
});

test('an interrupt ends everything', async () => {
  const stop = new AbortController();
  const run = runChecks([check('deaf', () => new Promise(() => {}))], null, { signal: stop.signal });
  stop.abort();
  await expect(run).rejects.toThrow('abort');
});

test('secrets are taken out of what is seen and of what is next', async () => {
  const redact = (text: string) => text.replaceAll('secret', '[hidden]');
  const [result] = await runChecks([check('one', () => fail('a secret', 'use secret'))], null, {
    signal,
    redact,
  });
  expect(result).toMatchObject({ seen: 'a [hidden]', next: 'use [hidden]' });
});

test('all is well when nothing failed and something was looked at', () => {
  expect(isWell([pass('a'), skip('b'), warn('c', 'd')])).toBe(true);
  expect(isWell([pass('a'), fail('b', 'c')])).toBe(false);
  expect(isWell([skip('a')])).toBe(false);
});
