import { defaultDemand, limitsSchema } from '@envoy-poc/edge';
import { expect, test } from 'vitest';
import { UsageError } from '#runtime/errors';
import { networkFrom, parseOptions } from './options.ts';

test('without words: the defaults of limits and demand', () => {
  const limits = limitsSchema
    .pick({
      serverReplicas: true,
      connectionsPerPod: true,
      edgeReplicas: true,
      newConnectionsPerSecond: true,
      admission: true,
    })
    .parse({});
  expect(parseOptions([])).toEqual({
    ...limits,
    ...defaultDemand,
    ...{ concurrency: 2, port: 7070, json: false },
  });
});

test('every option is read', () => {
  const words =
    '--server-replicas 5 --connections-per-pod 3 --edge-replicas 2 --new-connections-per-second 0.5 ' +
    '--new-connections-per-second-per-client 0.25 --admission exact --client-replicas 0 --connections-per-client 1 ' +
    '--attempt-interval-seconds 2.5 --message-interval-min-seconds 3 --message-interval-max-seconds 3 ' +
    '--concurrency 1 --for 40 --report r.json --record r.html --port 8081 --json';
  expect(parseOptions(words.split(' '))).toEqual({
    ...{ serverReplicas: 5, connectionsPerPod: 3, edgeReplicas: 2, newConnectionsPerSecond: 0.5 },
    ...{
      newConnectionsPerSecondPerClient: 0.25,
      admission: 'exact',
      clientReplicas: 0,
      connectionsPerClient: 1,
    },
    ...{ attemptIntervalSeconds: 2.5, messageIntervalMinSeconds: 3, messageIntervalMaxSeconds: 3 },
    ...{ concurrency: 1, for: 40, report: 'r.json', record: 'r.html', port: 8081, json: true },
  });
});

test.each([
  [['--server-replicas', '0'], /^--server-replicas 0: must be 1 or more/],
  [['--server-replicas', '101'], /^--server-replicas 101: must be 100 or less on one machine/],
  [['--connections-per-pod', '1.5'], /^--connections-per-pod 1\.5: must be a whole number/],
  [['--new-connections-per-second', 'fast'], /^--new-connections-per-second fast: must be a number/],
  [['--new-connections-per-second', ''], /^--new-connections-per-second : must be/],
  [
    ['--message-interval-min-seconds', '20', '--message-interval-max-seconds', '10'],
    /^--message-interval-min-seconds 20: must be at most messageIntervalMaxSeconds, 10/,
  ],
  [['--message-interval-min-seconds', 'soon'], /^--message-interval-min-seconds soon: must be seconds/],
  [['--port', '70000'], /^--port 70000/],
  [['--port', '6000'], /^--port 6000: browsers open no page on this port/],
  [
    ['--server-replicas', '100', '--connections-per-pod', '21'],
    /^--connections-per-pod 21: 100 pods would hold 2100 connections/,
  ],
  [['--server-replica', '4'], /unknown option '--server-replica'.*--server-replicas/s],
  [['--for'], /argument missing/],
  [['4'], /too many arguments/],
])('%s is refused by name', (words, message) => {
  expect(() => parseOptions(words)).toThrow(UsageError);
  expect(() => parseOptions(words)).toThrow(message);
});

test('all bad values are told at once', () => {
  expect(() => parseOptions(['--server-replicas', '0', '--edge-replicas', 'x'])).toThrow(
    /--server-replicas 0.*\n--edge-replicas x/,
  );
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
