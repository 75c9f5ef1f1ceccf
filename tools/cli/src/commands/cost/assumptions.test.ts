import { expect, test } from 'vitest';
import { assumedByDefault, readAssumptions } from './assumptions.ts';

test('what is not named stays as it is by default; the last word counts', () => {
  expect(readAssumptions([])).toEqual(assumedByDefault);
  expect(readAssumptions(['hours=100', 'nat-gigabytes=0.5', 'hours=174'])).toEqual({
    ...assumedByDefault,
    hours: 174,
    'nat-gigabytes': 0.5,
  });
});

test.each([
  ['hour=1', 'the names are hours, nat-gigabytes'],
  ['hours', 'give <name>=<number, 0 or more>'],
  ['hours=', 'give <name>=<number, 0 or more>'],
  ['hours=-1', 'give <name>=<number, 0 or more>'],
  ['hours=NaN', 'give <name>=<number, 0 or more>'],
  ['log-gigabytes=Infinity', 'give <name>=<number, 0 or more>'],
  ['hours=745', 'a month has at most 744 hours'],
])('%s is refused with what may stand there', (word, message) => {
  expect(() => readAssumptions([word])).toThrow(message);
  expect(() => readAssumptions([word])).toThrow(`--assume ${word}`);
});
