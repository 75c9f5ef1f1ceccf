import { show } from '@envoy-poc/local';
import { expect, test } from 'vitest';
import { edgeAt, startPlane } from './harness.ts';

test('9901 serves /ready and /stats/prometheus by GET, and nothing else of the administration', async () => {
  const plane = await startPlane({ pods: 1, edges: 1 });
  const { stats, admin } = edgeAt(plane, 0);
  const status = async (path: string, method = 'GET') =>
    (await fetch(`http://${show(stats)}${path}`, { method })).status;

  expect(await status('/ready')).toBe(200);
  expect(await status('/stats/prometheus')).toBe(200);
  for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']) {
    expect(await status('/ready', method), method).toBe(405);
    expect(await status('/stats/prometheus', method), method).toBe(405);
  }

  const help = await (await fetch(`http://${show(admin)}/help`)).text();
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
  expect((await fetch(`http://${show(admin)}/ready`)).status, 'the edge still runs').toBe(200);
});
