import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { EnvError, ipAddress, parseEnv, seconds, wholeNumber } from './index.ts';

const schema = z.object({
  ADDRESS: ipAddress(),
  LIMIT: wholeNumber(1, 10).default(2),
  PAUSE_SECONDS: seconds().default(1.5),
});

function faultsOf(env: NodeJS.ProcessEnv): string {
  try {
    parseEnv(schema, env);
  } catch (error) {
    if (error instanceof EnvError) return error.message;
    throw error;
  }
  throw new Error('no fault found');
}

test('values are converted, what is left out gets its default, other variables are ignored', () => {
  const parsed = parseEnv(schema, { ADDRESS: '::1', PAUSE_SECONDS: '0.25', PATH: '/bin' });
  expect(parsed).toEqual({ ADDRESS: '::1', LIMIT: 2, PAUSE_SECONDS: 0.25 });
});

test('all faults come together, each with the value seen and what is expected', () => {
  expect(faultsOf({ LIMIT: '11', PAUSE_SECONDS: 'soon' })).toBe(
    `3 environment variables are missing or wrong:
  ADDRESS: not set, expected an IP address
  LIMIT: "11", expected a whole number from 1 to 10
  PAUSE_SECONDS: "soon", expected seconds from 0.01 to 86400`,
  );
});

test('an empty variable counts as not set', () => {
  expect(parseEnv(schema, { ADDRESS: '10.0.0.1', LIMIT: '' }).LIMIT).toBe(2);
  expect(faultsOf({ ADDRESS: '' })).toContain('ADDRESS: not set');
});

test('a whole number is nothing but digits within the bounds', () => {
  const accepts = (value: string) => wholeNumber(1, 500).safeParse(value).success;
  fc.assert(
    fc.property(fc.integer({ min: -1000, max: 1000 }), (number) => {
      expect(accepts(String(number))).toBe(number >= 1 && number <= 500);
    }),
  );
  for (const value of ['', ' ', '1.5', '1e2', '0x10', '+1', ' 1', '1 ', 'NaN', 'Infinity']) {
    expect(accepts(value)).toBe(false);
  }
});

test('seconds may have a fraction and end where timers would overflow', () => {
  const accepts = (value: string) => seconds(0).safeParse(value).success;
  expect(['0', '0.5', '86400'].map(accepts)).toEqual([true, true, true]);
  expect(['-1', '86400.1', '1e3', '.5', 'Infinity', ''].map(accepts)).toEqual(Array(6).fill(false));
});
