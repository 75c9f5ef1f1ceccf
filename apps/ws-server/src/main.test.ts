import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { builtService, nextLine, until } from '@envoy-poc/env/testing';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';

const { script, run } = builtService(join(import.meta.dirname, '..'));

async function runUntilListening(env: Record<string, string>) {
  const process = run({ POD_IP: '10.9.8.7', HOST: '127.0.0.1', PORT: '0', ...env });
  const { event, port } = await nextLine(process);
  expect(event).toBe('listening');
  return { ...process, port: Number(port) };
}

async function open(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  await once(socket, 'open');
  return socket;
}

test('SIGTERM closes with 1001, spread over the drain time, and exits 0', async () => {
  const { child, exited, port } = await runUntilListening({ SERVER_DRAIN_SECONDS: '1' });
  const closes = await Promise.all([open(port), open(port)]).then((sockets) =>
    sockets.map(async (socket) => ({ code: (await once(socket, 'close'))[0], atMs: performance.now() })),
  );
  const signalledAt = performance.now();
  child.kill('SIGTERM');
  const ends = await Promise.all(closes);
  expect(ends.map(({ code }) => code)).toEqual([1001, 1001]);
  // One at once, one after half a second: a busy machine may see it later, never sooner.
  expect(Math.max(...ends.map(({ atMs }) => atMs)) - signalledAt).toBeGreaterThan(490);
  expect(await exited).toEqual([0, null]);
});

test('pickers are told until it has stopped', async () => {
  const picker = createServer((socket) => {
    let lines = '';
    socket.setEncoding('utf8').on('data', (data) => (lines += data));
    socket.on('close', () => told.push(lines));
  });
  const told: string[] = [];
  await once(picker.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void picker.close());
  const pickerPort = (picker.address() as AddressInfo).port;
  const { child, exited, lines, port } = await runUntilListening({
    ...{ POD_IP: '127.0.0.1', SERVER_DRAIN_SECONDS: '0.3', PICKERS: `localhost:${pickerPort}, 127.0.0.1:1` },
  });
  expect(await nextLine({ lines } as Parameters<typeof nextLine>[0])).toMatchObject({
    ...{ event: 'picker_connected', picker: `127.0.0.1:${pickerPort}` },
  });
  await Promise.all([open(port), open(port)]);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  await until('the end of the stream', () => told.length > 0);
  const last = told[0]?.trim().split('\n').at(-1);
  expect(JSON.parse(last ?? '')).toMatchObject({ port, limit: 2, draining: true });
});

test('a second signal ends it at once', async () => {
  const { child, exited, port } = await runUntilListening({ SERVER_DRAIN_SECONDS: '3600' });
  const sockets = await Promise.all([open(port), open(port)]);
  const anyClosed = Promise.race(sockets.map((socket) => once(socket, 'close')));
  child.kill('SIGINT');
  await anyClosed;
  child.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
});

test('a bad environment: every fault on stderr, exit 2', async () => {
  const { child, exited } = run({
    PORT: '80800',
    CONNECTIONS_PER_POD: 'two',
    LOG_LEVEL: 'loud',
    SERVER_DRAIN_SECONDS: '-1',
    EDGE_READY_PORT: '0',
    PICKERS: 'picker:9003,picker',
  });
  const stderr = await text(child.stderr);
  expect(await exited).toEqual([2, null]);
  expect(stderr).toBe(`7 environment variables are missing or wrong:
  PORT: "80800", expected a whole number from 0 to 65535
  POD_IP: not set, expected an IP address
  CONNECTIONS_PER_POD: "two", expected a whole number from 1 to 1000000
  SERVER_DRAIN_SECONDS: "-1", expected seconds from 0 to 86400
  EDGE_READY_PORT: "0", expected a whole number from 1 to 65535
  PICKERS: "picker:9003,picker", expected hosts and ports such as picker:9003, separated by commas
  LOG_LEVEL: "loud", expected one of silent, fatal, error, warn, info, debug, trace
`);
});

test('a payload that no budget would ever let through is refused', async () => {
  const { child, exited } = run({
    POD_IP: '10.9.8.7',
    MAX_PAYLOAD_BYTES: '65523',
    BYTES_PER_SECOND_PER_CONNECTION: '16384',
  });
  const stderr = await text(child.stderr);
  expect(await exited).toEqual([2, null]);
  expect(stderr).toContain(
    'MAX_PAYLOAD_BYTES: "65523", expected what BYTES_PER_SECOND_PER_CONNECTION lets through in 4 s, less 14 of framing',
  );
});

test('a port in use: one sentence, exit 1', async () => {
  const { port } = await runUntilListening({});
  const { child, exited } = run({ POD_IP: '10.9.8.7', HOST: '127.0.0.1', PORT: String(port) });
  expect(await text(child.stderr)).toBe(
    `Cannot listen on 127.0.0.1:${port}: another process holds it; choose another port\n`,
  );
  expect(await exited).toEqual([1, null]);
});

test('a log that nobody reads freezes nothing, and what is lost is counted', async () => {
  const { child, lines, port } = await runUntilListening({ CONNECTIONS_PER_POD: '1' });
  await open(port);
  lines.pause();
  child.stdout.pause();
  const requestId = 'x'.repeat(128);
  const refused = async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { headers: { 'x-request-id': requestId } });
    await once(socket, 'error');
  };
  // Each leaves a line of some 300 bytes: more than pipe, reader and sink hold together.
  for (let n = 0; n < 5000; n += 50) await Promise.all(Array.from({ length: 50 }, refused));
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(Number(/^ws_server_log_lines_dropped_total (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0);
});

test.runIf(existsSync('/dev/full'))('a full disk under the log freezes nothing', async () => {
  const full = openSync('/dev/full', 'w');
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const env = { POD_IP: '10.9.8.7', HOST: '127.0.0.1', PORT: String(port) };
  const child = spawn(process.execPath, [script], {
    env,
    stdio: ['ignore', full, 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const metrics = () =>
    fetch(`http://127.0.0.1:${port}/metrics`).then(
      (response) => response.text(),
      () => '',
    );
  await until('its metrics', async () => (await metrics()) !== '');
  (await open(port)).close();
  await until('its lines are counted', async () => /lines_dropped_total [3-9]/.test(await metrics()));
});
