import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { maxRequestIdLength } from '@envoy-poc/edge/picker-contract';
import { memoryLog, until } from '@envoy-poc/env/testing';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { createMetrics } from './metrics.ts';
import { type PodReport, reportToPickers } from './pickers.ts';
import { Slots } from './slots.ts';
import { serve } from './testing/harness.ts';
import { RawClient, upgradeHead } from './testing/raw-client.ts';

type Line = PodReport & { opened?: string };

/** A picker that listens until the test ends; `streams` are all that were ever opened, with what came on them. */
async function startPicker(address = '127.0.0.1', port = 0) {
  const streams: { socket: Socket; from: string | undefined; lines: Line[] }[] = [];
  const server = createServer((socket) => {
    const stream = { socket, from: socket.remoteAddress, lines: [] as Line[] };
    streams.push(stream);
    let rest = '';
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (data: string) => {
      const parts = (rest + data).split('\n');
      rest = parts.pop() ?? '';
      stream.lines.push(...parts.map((part) => JSON.parse(part)));
    });
  });
  await once(server.listen(port, address), 'listening');
  const close = () => {
    server.close();
    for (const { socket } of streams) socket.destroy();
  };
  onTestFinished(close);
  return {
    streams,
    close,
    port: (server.address() as AddressInfo).port,
    last: () => streams.at(-1)?.lines.at(-1),
    open: () => streams.filter(({ socket }) => !socket.destroyed).length,
  };
}

type Picker = Awaited<ReturnType<typeof startPicker>>;

/** A pod that tells this picker, once it has. */
async function podOf(picker: Picker, config: Parameters<typeof serve>[0] = {}) {
  const pickers = [{ host: '127.0.0.1', port: picker.port }];
  const pod = await serve({ podIp: '127.0.0.1', pickers, ...config });
  await until('the first line', () => picker.last() !== undefined);
  return pod;
}

async function open(url: string, requestId?: string): Promise<WebSocket> {
  const headers = requestId === undefined ? {} : { 'x-request-id': requestId };
  const socket = new WebSocket(url, { headers });
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

test('a picker hears how the pod is at once, at every change, and who took a slot', async () => {
  const picker = await startPicker();
  const pod = await podOf(picker);
  const { port } = pod.server;
  const socket = await open(pod.ws, 'first');
  await open(pod.ws);
  socket.terminate();
  await until('the slot is free again', () => picker.streams[0]?.lines.length === 4);
  const idle = { port, limit: 2, taken: 0, draining: false };
  expect(picker.streams[0]?.lines).toEqual([
    idle,
    { ...idle, taken: 1, opened: 'first' },
    { ...idle, taken: 2 },
    { ...idle, taken: 1 },
  ]);
  expect(picker.streams).toMatchObject([{ from: '127.0.0.1' }]);
  expect(await pod.metric('ws_server_picker_streams')).toBe(1);
});

test('a long request id is told as a picker cuts it', async () => {
  const picker = await startPicker();
  const pod = await podOf(picker);
  await open(pod.ws, 'x'.repeat(200));
  await until('it is told', () => picker.last()?.taken === 1);
  expect(picker.last()?.opened).toBe('x'.repeat(maxRequestIdLength));
});

test('and once a second where nothing changes', async () => {
  const picker = await startPicker();
  await podOf(picker);
  await sleep(2500);
  const { length } = picker.streams[0]?.lines ?? [];
  expect(length).toBeGreaterThanOrEqual(3);
  expect(length).toBeLessThanOrEqual(4);
});

test('a stream comes from the pod’s own address', async () => {
  const picker = await startPicker();
  await podOf(picker, { podIp: '127.0.0.9' });
  expect(picker.streams).toMatchObject([{ from: '127.0.0.9' }]);
});

test.runIf(process.platform === 'linux')('the word of a slot taken is out before its 101', async () => {
  const server = createServer({ pauseOnConnect: true });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const pickers = [{ host: '127.0.0.1', port }];
  const pod = await serve({ podIp: '127.0.0.1', pickers, connectionsPerPod: 100 });
  const [socket] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => void socket.destroy());
  /** Bytes that wait for the picker to read them. */
  const waiting = () => {
    const hex = (number = 0) => `:${number.toString(16).toUpperCase().padStart(4, '0')}`;
    const row = readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .find(([, local, peer]) => local?.endsWith(hex(port)) && peer?.endsWith(hex(socket.remotePort)));
    return Number.parseInt(row?.[4]?.split(':')[1] ?? '', 16);
  };
  // The kernel takes long to list its connections where others have left thousands.
  for (let n = 0; n < 10; n++) {
    const client = await RawClient.connect(pod.server.port);
    const before = waiting();
    const seen = new Promise<number>((resolve) => client.socket.once('data', () => resolve(waiting())));
    client.socket.write(upgradeHead({ 'x-request-id': `${n}` }));
    expect(await seen).toBeGreaterThanOrEqual(before + `"opened":"${n}"`.length);
  }
});

test('a stream that ends is opened again, and starts with how the pod is', async () => {
  const picker = await startPicker();
  const pod = await podOf(picker);
  await open(pod.ws, 'one');
  picker.streams[0]?.socket.destroy();
  const cutAt = performance.now();
  await until('a second stream', () => (picker.streams[1]?.lines.length ?? 0) > 0);
  expect(performance.now() - cutAt).toBeGreaterThan(150);
  expect(picker.streams[1]?.lines[0]).toEqual({ port: pod.server.port, limit: 2, taken: 1, draining: false });
  expect(pod.logged('picker_connected')).toHaveLength(2);
  expect(pod.logged('picker_lost')).toHaveLength(1);
});

test('a picker that was away is told when it is back, and its half-closed stream is replaced', async () => {
  const picker = await startPicker();
  const pod = await podOf(picker);
  picker.close();
  await until('nobody is told', async () => (await pod.metric('ws_server_picker_streams')) === 0);
  await sleep(700);
  const back = await startPicker('127.0.0.1', picker.port);
  await until('it is told', () => back.last() !== undefined);
  back.streams[0]?.socket.end('what is this?');
  await until('another stream', () => back.streams.length === 2);
  // However often it was tried in vain, the log says what changed.
  expect(pod.logged('picker_lost')).toHaveLength(2);
});

test('a draining pod says so, and says on what becomes free', async () => {
  const picker = await startPicker();
  const pod = await podOf(picker, { serverDrainSeconds: 3 });
  await Promise.all([open(pod.ws), open(pod.ws)]);
  const lines = () => picker.streams[0]?.lines.length ?? 0;
  const before = lines();
  await until('a line that says nothing new', () => lines() > before && picker.last()?.taken === 2);
  const startedMs = performance.now();
  const drained = pod.server.drain();
  await until('it is told', () => picker.last()?.draining === true);
  // Not with the next of these lines.
  expect(performance.now() - startedMs).toBeLessThan(500);
  expect(picker.streams[0]?.lines.find(({ draining }) => draining)?.taken).toBeGreaterThan(0);
  await until('one has left', () => picker.last()?.taken === 1);
  expect(picker.last()?.draining).toBe(true);
  await drained;
  await until('the stream ends', () => picker.open() === 0);
  await sleep(500);
  expect(picker.streams).toHaveLength(1);
});

/** What tells pickers, by names that `addresses` resolves. */
function reporter(names: string[], port: number, addresses: Record<string, string[] | undefined>) {
  const { logger } = memoryLog();
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const state = { taken: 0 };
  const metrics = createMetrics(new Slots(9));
  const tell = reportToPickers({
    ...{ pickers: names.map((host) => ({ host, port })), podIp: '127.0.0.1', signal: stop.signal },
    report: () => ({ port: 8080, limit: 9, taken: state.taken, draining: false }),
    ...{ metrics, logger },
    lookUp: async (host) => addresses[host] ?? Promise.reject(new Error('SERVFAIL')),
  });
  return { tell, state, streams: async () => (await metrics.pickerStreams.get()).values[0]?.value };
}

test('every address of a name is told, as it comes and goes; none twice', async () => {
  const first = await startPicker('127.0.0.2');
  const second = await startPicker('127.0.0.3', first.port);
  const third = await startPicker('127.0.0.4', first.port);
  const addresses: Record<string, string[] | undefined> = { a: ['127.0.0.2', '127.0.0.3'], b: ['127.0.0.3'] };
  reporter(['a', 'b', 'away'], first.port, addresses);
  await until('two are told', () => first.last() !== undefined && second.last() !== undefined);
  addresses.a = ['127.0.0.4'];
  await until('one came, and one has gone', () => third.last() !== undefined && first.open() === 0);
  addresses.a = undefined;
  await sleep(1500);
  expect([first, second, third].map((picker) => picker.streams.length)).toEqual([1, 1, 1]);
  expect([first, second, third].map((picker) => picker.open())).toEqual([0, 1, 1]);
});

test('a picker that does not read is cut off, and told how things are when it reads again', async () => {
  const picker = await startPicker();
  const other = await startPicker('127.0.0.2', picker.port);
  const { tell, state, streams } = reporter(['both'], picker.port, { both: ['127.0.0.1', '127.0.0.2'] });
  await until('both are told', () => picker.last() !== undefined && other.last() !== undefined);
  const frozen = picker.streams[0]?.socket ?? expect.fail();
  frozen.pause();
  let lines = 0;
  for (; (await streams()) === 2 && lines < 1_000_000; lines++) {
    tell(`request-${lines}`);
    if (lines % 100 === 0) await sleep(0);
  }
  expect(lines).toBeLessThan(1_000_000);
  state.taken = 7;
  await until('a new stream', () => (picker.streams[1]?.lines.length ?? 0) > 0);
  expect(picker.streams[1]?.lines[0]).toEqual({ port: 8080, limit: 9, taken: 7, draining: false });
  await until('the other has missed nothing', () =>
    Boolean(other.streams[0]?.lines.some(({ opened }) => opened === `request-${lines - 1}`)),
  );
});

test('a frozen picker holds up no upgrade', async () => {
  const picker = await startPicker();
  const pod = await podOf(picker, { connectionsPerPod: 10 });
  picker.streams[0]?.socket.pause();
  const other = await serve({ connectionsPerPod: 10 });
  const time = async (url: string) => {
    const startedAt = performance.now();
    for (let n = 0; n < 300; n++) (await open(url, 'x'.repeat(100))).terminate();
    return performance.now() - startedAt;
  };
  await time(other.ws);
  const [alone, frozen] = [await time(other.ws), await time(pod.ws)];
  expect(frozen).toBeLessThan(3 * alone + 1000);
});

test('control: a pod without pickers opens no stream', async () => {
  const pod = await serve({});
  await open(pod.ws);
  expect(await pod.metric('ws_server_picker_streams')).toBe(0);
  expect(pod.logged('picker_connected')).toEqual([]);
});
