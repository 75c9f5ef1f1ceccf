import { until } from '@envoy-poc/env/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startServer } from './index.ts';
import { frame, OPCODE, RawClient, upgradeHead } from './testing/raw-client.ts';

/** Ways in which a client can leave. */
const WAYS_OUT: ((client: RawClient) => void)[] = [
  (client) => void client.socket.end(frame(OPCODE.close, Buffer.from([3, 0xe8]))),
  (client) => void client.socket.end(),
  (client) => void client.socket.resetAndDestroy(),
  (client) => void client.socket.end(frame(OPCODE.binary, 'x')),
  (client) => void client.socket.end(frame(15, 'x')),
];

const step = fc.oneof(
  fc.record({ does: fc.constant('open' as const), atOnce: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ does: fc.constant('leave' as const), who: fc.nat(), way: fc.nat(WAYS_OUT.length - 1) }),
  fc.record({ does: fc.constant('bad request' as const) }),
);

test('any sequence of openings, bad requests and leavings: the count is right and the limit holds', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(step, { maxLength: 12 }),
      async (limit, steps) => {
        const server = await startServer({
          host: '127.0.0.1',
          port: 0,
          podIp: '10.0.0.1',
          connectionsPerPod: limit,
          logLevel: 'silent',
        });
        const open: RawClient[] = [];
        let highWater = 0;
        try {
          for (const action of steps) {
            if (action.does === 'open') {
              const free = limit - open.length;
              const clients = await Promise.all(
                Array.from({ length: action.atOnce }, () => RawClient.connect(server.port)),
              );
              for (const client of clients) client.socket.write(upgradeHead());
              const statuses = await Promise.all(clients.map((client) => client.head()));
              const accepted = clients.filter((_, index) => statuses[index] === 101);
              expect(accepted).toHaveLength(Math.min(free, action.atOnce));
              expect(statuses.filter((status) => status === 503)).toHaveLength(
                action.atOnce - accepted.length,
              );
              open.push(...accepted);
            } else if (action.does === 'bad request') {
              const client = await RawClient.connect(server.port);
              client.socket.write(upgradeHead({ 'Sec-WebSocket-Key': undefined }));
              expect(await client.head()).toBe(open.length === limit ? 503 : 400);
            } else if (open.length > 0) {
              const [client] = open.splice(action.who % open.length, 1);
              if (client) WAYS_OUT[action.way]?.(client);
            }
            highWater = Math.max(highWater, open.length);
            await until(`${open.length} open`, () => server.openConnections === open.length);
            expect(server.highWater).toBe(highWater);
          }
        } finally {
          await server.close();
        }
        expect(server.openConnections).toBe(0);
      },
    ),
    { numRuns: 40 },
  );
});
