import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { type Health, listen, type MetricsSource, probes, sendText } from './index.ts';

async function serve(metrics: MetricsSource['metrics'], health: () => Health): Promise<string> {
  const source = { contentType: 'text/plain; version=0.0.4', metrics };
  const server = createServer(probes(source, health, (_, response) => sendText(response, 404, 'other\n')));
  onTestFinished(() => void server.close());
  const { port } = await listen(server, '127.0.0.1', 0);
  return `http://127.0.0.1:${port}`;
}

test('health and metrics are answered, everything else is passed on', async () => {
  const health = (): Health => ({ status: 503, body: 'draining\n', headers: { 'x-why': 'test' } });
  const url = await serve(async () => 'up 1\n', health);
  const unhealthy = await fetch(`${url}/healthz`);
  expect([unhealthy.status, unhealthy.headers.get('x-why')]).toEqual([503, 'test']);
  const metrics = await fetch(`${url}/metrics?x`);
  expect(metrics.headers.get('content-type')).toContain('version=0.0.4');
  expect(await metrics.text()).toBe('up 1\n');
  expect((await fetch(`${url}/metrics`, { method: 'DELETE' })).status).toBe(405);
  expect((await fetch(`${url}/metricsx`)).status).toBe(404);
});

test('metrics that cannot be collected are a 500, not a crash', async () => {
  const url = await serve(
    () => Promise.reject(new Error('broken gauge')),
    () => ({ status: 200, body: 'ok\n' }),
  );
  const response = await fetch(`${url}/metrics`);
  expect([response.status, await response.text()]).toEqual([500, 'Error: broken gauge\n']);
});

test('a page of another site reads neither, whatever name it comes by', async () => {
  const url = await serve(
    async () => 'up 1\n',
    () => ({ status: 200, body: 'ok\n' }),
  );
  const ask = async (path: string, headers: Record<string, string>) => {
    const [response] = (await once(get(`${url}${path}`, { headers }), 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  for (const path of ['/healthz', '/metrics']) {
    expect(await ask(path, { host: 'rebound.example:8080' })).toBe(403);
    expect(await ask(path, { origin: 'https://other.example' })).toBe(403);
    expect(await ask(path, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).toBe(403);
    expect(await ask(path, { host: 'servers' })).toBe(200);
  }
});
