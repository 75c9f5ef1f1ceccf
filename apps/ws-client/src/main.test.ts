import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { builtService, nextLine } from '@envoy-poc/env/testing';
import { expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { accept, startEdge } from './testing/edge.ts';

const { run } = builtService(join(import.meta.dirname, '..'));

test('SIGTERM closes with 1001 and exits 0', async () => {
  const opened = Promise.withResolvers<WebSocket>();
  const edge = await startEdge(accept(opened.resolve));
  const { child, exited, ...process } = run({
    EDGE_URL: `${edge.url}, ${edge.url}`,
    CONNECTIONS_PER_CLIENT: '1',
    ATTEMPT_INTERVAL_SECONDS: '0.05',
    HOST: '127.0.0.1',
    METRICS_PORT: '0',
    SOURCE_ADDRESS: '127.0.0.78',
    CLIENT_NAME: 'from-env',
  });
  expect(await nextLine({ child, exited, ...process })).toMatchObject({
    event: 'listening',
    client: 'from-env',
  });
  const webSocket = await opened.promise;
  expect(edge.requests[0]?.socket.remoteAddress).toBe('127.0.0.78');
  const closed = once(webSocket, 'close');
  child.kill('SIGTERM');
  expect((await closed)[0]).toBe(1001);
  expect(await exited).toEqual([0, null]);
});

test('a bad environment: every fault on stderr, exit 2', async () => {
  const { child, exited } = run({
    EDGE_URL: 'ws://edge/,http://edge/',
    CONNECTIONS_PER_CLIENT: '0',
    MESSAGE_INTERVAL_MIN_SECONDS: '30',
    METRICS_PORT: 'no',
    SOURCE_ADDRESS: 'here',
  });
  expect(await text(child.stderr)).toBe(`5 environment variables are missing or wrong:
  EDGE_URL: "ws://edge/,http://edge/", expected ws:// URLs, separated by commas
  CONNECTIONS_PER_CLIENT: "0", expected a whole number from 1 to 10000
  METRICS_PORT: "no", expected a whole number from 0 to 65535
  SOURCE_ADDRESS: "here", expected an IP address
  MESSAGE_INTERVAL_MIN_SECONDS: "30", expected at most MESSAGE_INTERVAL_MAX_SECONDS
`);
  expect(await exited).toEqual([2, null]);
});
