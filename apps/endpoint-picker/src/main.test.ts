import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { builtService, nextLine, until } from '@envoy-poc/env/testing';
import { expect, onTestFinished, test } from 'vitest';
import { ask, pod } from './testing/harness.ts';

const { run } = builtService(join(import.meta.dirname, '..'));

async function runUntilListening(env: Record<string, string> = {}) {
  const process = run({
    HOST: '127.0.0.1',
    PORT: '0',
    REPORTS_PORT: '0',
    NEW_CONNECTIONS_PER_SECOND: '1000',
    ...env,
  });
  const { event, port, reportsPort } = await nextLine(process);
  expect(event).toBe('listening');
  const healthz = async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).status;
  return { ...process, port: Number(port), reportsPort: Number(reportsPort), healthz };
}

/** A pod that says every 100 ms that it is empty. */
async function speaking(reportsPort: number, address: string) {
  const one = await pod(reportsPort, address);
  const words = setInterval(() => one.say({ limit: 1000 }), 100);
  onTestFinished(() => clearInterval(words));
}

test('SIGTERM: unhealthy at once, decides for a while, exits 0', async () => {
  const { child, exited, port, reportsPort, healthz } = await runUntilListening();
  expect(await healthz()).toBe(503);
  await speaking(reportsPort, '127.0.1.1');
  await until('it is ready', async () => (await healthz()) === 200);
  expect(await ask(port, 'a', 'c')).toMatchObject({
    status: 200,
    headers: { 'x-gateway-destination-endpoint': '127.0.1.1:8080' },
  });
  child.kill('SIGTERM');
  await until('it is unhealthy', async () => (await healthz()) === 503);
  expect((await ask(port, 'b', 'c')).status).toBe(200);
  expect(await exited).toEqual([0, null]);
});

test('a second signal ends it at once', async () => {
  const { child, exited, lines } = await runUntilListening();
  const draining = new Promise((resolve) =>
    lines.on('line', (line) => line.includes('draining') && resolve(0)),
  );
  child.kill('SIGINT');
  await draining;
  const startedMs = performance.now();
  child.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
  expect(performance.now() - startedMs).toBeLessThan(2500);
});

test('stopped for longer than pods may be silent, it answers 503 first and then rightly', async () => {
  const { child, port, reportsPort, healthz } = await runUntilListening();
  await speaking(reportsPort, '127.0.1.1');
  await until('it is ready', async () => (await healthz()) === 200);
  child.kill('SIGSTOP');
  const waiting = ask(port, 'asked while it was stopped', 'c');
  await new Promise((resolve) => setTimeout(resolve, 4000));
  child.kill('SIGCONT');
  expect(await waiting).toMatchObject({ status: 503, body: 'not ready: stalled\n' });
  const startedMs = performance.now();
  const statuses = new Set<number>();
  await until('it answers again', async () => {
    const { status } = await ask(port, 'later', 'c');
    statuses.add(status);
    return status === 200;
  });
  expect(performance.now() - startedMs).toBeLessThan(1000);
  expect([...statuses].sort()).not.toContain(409);
});

test('a rate for each client', async () => {
  const { port, reportsPort, healthz } = await runUntilListening({
    NEW_CONNECTIONS_PER_SECOND_PER_CLIENT: '1e-1',
  });
  await speaking(reportsPort, '127.0.1.1');
  await until('it is ready', async () => (await healthz()) === 200);
  expect((await ask(port, 'a', '192.0.2.1')).status).toBe(200);
  expect(await ask(port, 'b', '192.0.2.1')).toMatchObject({ status: 429, headers: { 'retry-after': '10' } });
  expect((await ask(port, 'c', '192.0.2.2')).status).toBe(200);
});

test('a bad environment: every fault on stderr, exit 2', async () => {
  const { child, exited } = run({
    HOST: 'picker',
    REPORTS_PORT: '80800',
    NEW_CONNECTIONS_PER_SECOND: '0',
    NEW_CONNECTIONS_PER_SECOND_PER_CLIENT: 'two',
    SETTLE_SECONDS: '-1',
    LOG_LEVEL: 'loud',
  });
  const stderr = await text(child.stderr);
  expect(await exited).toEqual([2, null]);
  expect(stderr).toBe(`6 environment variables are missing or wrong:
  HOST: "picker", expected an IP address
  REPORTS_PORT: "80800", expected a whole number from 0 to 65535
  NEW_CONNECTIONS_PER_SECOND: "0", expected a number above 0, at most 1000000
  NEW_CONNECTIONS_PER_SECOND_PER_CLIENT: "two", expected a number above 0, at most 1000000
  SETTLE_SECONDS: "-1", expected seconds from 0.01 to 86400
  LOG_LEVEL: "loud", expected one of silent, fatal, error, warn, info, debug, trace
`);
});

test.for(['PORT', 'REPORTS_PORT'])('%s in use: one sentence, exit 1', async (variable) => {
  const { port } = await runUntilListening();
  const { child, exited } = run({
    HOST: '127.0.0.1',
    PORT: '0',
    REPORTS_PORT: '0',
    [variable]: String(port),
  });
  expect(await text(child.stderr)).toBe(
    `Cannot listen on 127.0.0.1:${port}: another process holds it; choose another port\n`,
  );
  expect(await exited).toEqual([1, null]);
});
