import { expect, test } from 'vitest';
import { UsageError } from './errors.ts';
import { networkFrom, parseOptions } from './options.ts';

test('without words: the figures of the platform', () => {
  expect(parseOptions([])).toEqual({
    ...{ pods: 4, limit: 2, edges: 3, rate: 1, clients: 10, connections: 5 },
    ...{
      attemptInterval: 10,
      messageInterval: { min: 10, max: 20 },
      concurrency: 2,
      port: 7070,
      json: false,
    },
  });
});

test('every option is read', () => {
  const words =
    '--pods 5 --limit 3 --edges 2 --rate 0.5 --clients 0 --connections 1 --attempt-interval 2.5 --message-interval 3 ' +
    '--concurrency 1 --for 40 --report r.json --port 8081 --json';
  expect(parseOptions(words.split(' '))).toEqual({
    ...{ pods: 5, limit: 3, edges: 2, rate: 0.5, clients: 0, connections: 1 },
    ...{ attemptInterval: 2.5, messageInterval: { min: 3, max: 3 }, concurrency: 1, port: 8081, json: true },
    ...{ for: 40, report: 'r.json' },
  });
});

test.each([
  [['--pods', '0'], /^--pods 0: must be a whole number from 1 to 100/],
  [['--limit', '1.5'], /^--limit 1\.5: must be a whole number/],
  [['--rate', 'fast'], /^--rate fast: must be a number above 0/],
  [['--rate', ''], /^--rate : must be/],
  [['--message-interval', '20-10'], /^--message-interval 20-10: must rise/],
  [['--message-interval', 'soon'], /^--message-interval soon: must be seconds/],
  [['--port', '70000'], /^--port 70000/],
  [['--pod', '4'], /unknown option '--pod'.*--pods/s],
  [['--for'], /argument missing/],
  [['4'], /too many arguments/],
])('%s is refused by name', (words, message) => {
  expect(() => parseOptions(words)).toThrow(UsageError);
  expect(() => parseOptions(words)).toThrow(message);
});

test('all bad values are told at once', () => {
  expect(() => parseOptions(['--pods', '0', '--edges', 'x'])).toThrow(/--pods 0.*\n--edges x/);
});

test.each(['../../elsewhere', '127.300', '127', '127.0.0', 'localhost', '127.1/x'])(
  'LOCAL_NETWORK=%s is no network',
  (network) => {
    expect(() => networkFrom({ LOCAL_NETWORK: network })).toThrow(UsageError);
  },
);

test('LOCAL_NETWORK is the first two numbers of addresses, or not set', () => {
  expect(networkFrom({ LOCAL_NETWORK: '127.5' })).toBe('127.5');
  expect(networkFrom({ LOCAL_NETWORK: '' })).toBeUndefined();
  expect(networkFrom({})).toBeUndefined();
});
