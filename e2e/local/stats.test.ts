import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { show } from '@envoy-poc/cli/start';
import { expect, test } from 'vitest';
import { edgeAt, startPlane } from './harness.ts';

test('9901 serves /ready and /stats/prometheus by GET, and nothing else of the administration', async () => {
  const plane = await startPlane({ serverReplicas: 1, edgeReplicas: 1 });
  const { stats, adminSocket } = edgeAt(plane, 0);
  const status = async (path: string, method = 'GET') =>
    (await fetch(`http://${show(stats)}${path}`, { method })).status;

  expect(await status('/ready')).toBe(200);
  expect(await status('/stats/prometheus')).toBe(200);
  for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']) {
    expect(await status('/ready', method), method).toBe(405);
    expect(await status('/stats/prometheus', method), method).toBe(405);
  }

  const help = (await administration(adminSocket, '/help')).text;
  const paths = [...help.matchAll(/^ {2}(\/[a-z0-9_/]*)/gm)].map(([, path = '']) => path);
  expect(paths.length).toBeGreaterThan(20);
  const others = paths.filter((path) => path !== '/ready' && path !== '/stats/prometheus');
  expect(others).toContain('/quitquitquit');
  for (const path of [
    ...others,
    '/ready/',
    '/ready/../config_dump',
    '//config_dump',
    '/stats/prometheus/x',
  ]) {
    expect(await status(path), path).toBe(404);
    expect(await status(path, 'POST'), path).toBe(404);
  }
  expect((await administration(adminSocket, '/ready')).status, 'the edge still runs').toBe(200);
});

/** Asks Envoy's administration, which no browser reaches: by its socket, Linux's without a file or a file. */
async function administration(socketPath: string, path: string): Promise<{ status: number; text: string }> {
  const request = get({ socketPath: socketPath.replace(/^@/, '\0'), path, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode ?? 0, text };
}

test('where the administration used to be, and around it, nobody listens', async () => {
  const plane = await startPlane({ serverReplicas: 1, edgeReplicas: 1 });
  const { address } = edgeAt(plane, 0).stats;
  const answer = async (port: number) => {
    const socket = connect(port, address);
    const [how] = await Promise.race([once(socket, 'connect'), once(socket, 'error')]).catch((error) => [
      error,
    ]);
    socket.destroy();
    return how === undefined;
  };
  const ports = Array.from({ length: 10 }, (_, i) => 9900 + i);
  const open = await Promise.all(ports.map(answer));
  expect(ports.filter((_, i) => open[i])).toEqual([9901, 9903]);
});
