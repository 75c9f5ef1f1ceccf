import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { PortTakenError } from './errors.ts';
import { checkFree, holderOf } from './ports.ts';

async function listenOn(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test.each(['127.0.0.1', '0.0.0.0', '::'])('a listener on %s is found as the holder', async (address) => {
  const port = await listenOn(address);
  expect(await holderOf({ address: '127.0.0.1', port })).toMatch(new RegExp(`\\(pid ${process.pid}\\)$`));
});

test.runIf(process.platform === 'linux')('another address of the same port is not taken', async () => {
  const port = await listenOn('127.0.0.1');
  await expect(checkFree([{ name: 'pod-1', at: { address: '127.0.0.2', port } }])).resolves.toBeUndefined();
});

test('all taken addresses are named with what wanted them', async () => {
  const port = await listenOn('127.0.0.1');
  const check = checkFree([{ name: 'pod-1', at: { address: '127.0.0.1', port } }]);
  await expect(check).rejects.toThrow(PortTakenError);
  await expect(check).rejects.toThrow(
    new RegExp(`127.0.0.1:${port}, wanted for pod-1, is held by .*pid ${process.pid}`),
  );
});
