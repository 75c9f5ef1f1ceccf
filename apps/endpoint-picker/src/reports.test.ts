import { once } from 'node:events';
import { connect } from 'node:net';
import { until } from '@envoy-poc/env/testing';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseReport } from './report.ts';
import { idlers, pick } from './testing/harness.ts';

const good = '{"port":8080,"limit":2,"taken":1,"draining":false}';

describe('a line', () => {
  test('is read, and what it does not know is ignored', () => {
    expect(parseReport(good)).toEqual({ port: 8080, limit: 2, taken: 1, draining: false });
    const more = '{"port":1,"limit":1,"taken":0,"draining":true,"opened":"id","zone":"a"}';
    expect(parseReport(more)).toEqual({ port: 1, limit: 1, taken: 0, draining: true, opened: 'id' });
  });

  test.for([
    ['no JSON', 'taken 1', 'not JSON'],
    ['an empty line', '', 'not JSON'],
    ['null', 'null', 'not an object'],
    ['an array', '[1]', 'port: not a whole number from 1 to 65535'],
    ['port 0', good.replace('8080', '0'), 'port: not a whole number from 1 to 65535'],
    ['a port as text', good.replace('8080', '"8080"'), 'port: not a whole number from 1 to 65535'],
    ['no slots', good.replace(':2', ':0'), 'limit: not a whole number from 1 to 1000000'],
    ['half a slot', good.replace(':2', ':0.5'), 'limit: not a whole number from 1 to 1000000'],
    ['endless slots', good.replace(':2', ':1e999'), 'limit: not a whole number from 1 to 1000000'],
    ['fewer than none taken', good.replace(':1,', ':-1,'), 'taken: not a whole number from 0 to 1000000'],
    [
      'more taken than there can be',
      good.replace(':1,', ':1e7,'),
      'taken: not a whole number from 0 to 1000000',
    ],
    ['draining, perhaps', good.replace('false', '0'), 'draining: not true or false'],
    ['opened by number', good.replace('}', ',"opened":7}'), 'opened: not a request id'],
    ['opened by nobody', good.replace('}', ',"opened":""}'), 'opened: not a request id'],
  ])('%s is not', ([, line, fault]) => {
    expect(parseReport(line as string)).toBe(fault);
  });

  test('of whatever kind does no harm', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(parseReport(line)).toBeTypeOf('string');
      }),
    );
  });
});

describe('a stream', () => {
  test('its pod is known while it lasts', async () => {
    const { pod, metric, logged } = await pick();
    const one = await pod('127.0.1.1');
    one.say({ taken: 1 });
    await until('it is heard', async () => (await metric('endpoint_picker_free_slots')) === 1);
    expect(logged('pod_heard')).toMatchObject([{ pod: '127.0.1.1:8080', limit: 2, pods: 1 }]);
    one.socket.end();
    await until('it is gone', async () => (await metric('endpoint_picker_pods')) === 0);
    expect(logged('pod_gone')).toMatchObject([{ pod: '127.0.1.1:8080', why: 'ended', pods: 0 }]);
    expect(await metric('endpoint_picker_slots_taken')).toBe(0);
  });

  test('lines in pieces and several at once', async () => {
    const { pod, metric } = await pick();
    const { socket } = await pod('127.0.1.1');
    for (const piece of [
      '{"port":80,"li',
      'mit":5,"taken":0,"draining":false}\n{"port":80,"limit":5,',
      '"taken":1,"draining":false}\n{',
    ]) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await until('both are read', async () => (await metric('endpoint_picker_reports_total')) === 2);
    expect(await metric('endpoint_picker_free_slots')).toBe(4);
  });

  test.for([
    ['no JSON', 'hello\n', 'not JSON'],
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n', 'not JSON'],
    ['a line too long', `${good.replace('}', `,"x":"${'x'.repeat(2000)}"}`)}\n`, 'line too long'],
    ['a line without an end', 'x'.repeat(2000), 'line too long'],
    ['another port', `${good}\n${good.replace('8080', '8081')}\n`, 'port: 8081, before 8080'],
    ['silence', '', 'silent'],
    ['half a line', '{"port":', 'silent'],
  ] as const)('%s: cut and logged, its pod unknown', async ([, bytes, detail]) => {
    const { pod, metric, logged } = await pick({ headTimeoutSeconds: 0.3 });
    const bad = await pod('127.0.1.1');
    bad.socket.write(bytes);
    await bad.closed();
    await until('the end is seen', async () => (await metric('endpoint_picker_pods')) === 0);
    expect(logged('bad_report')).toMatchObject([{ address: '127.0.1.1', detail }]);
    expect(await metric('endpoint_picker_bad_reports_total')).toBe(1);
  });

  test('a pod may come back as often as it likes', async () => {
    const { picker, pod, metric } = await pick();
    // More than one address may have at once.
    for (let n = 0; n < 300; n++) {
      const before = connect({ host: '127.0.0.1', port: picker.reportsPort, localAddress: '127.0.1.1' });
      await once(before, 'connect');
      before.destroy();
    }
    (await pod('127.0.1.1')).say({});
    await until('it is heard', async () => (await metric('endpoint_picker_pods')) === 1);
    expect(await metric('endpoint_picker_connections_dropped_total{port="reports"}')).toBe(0);
  });

  test('the age of its word is told, the oldest first', async () => {
    const { pod, metric } = await pick();
    const [quiet, loud] = [await pod('127.0.1.2'), await pod('127.0.1.3')];
    quiet.say({});
    loud.say({});
    const words = setInterval(() => loud.say({}), 50);
    onTestFinished(() => clearInterval(words));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await metric('endpoint_picker_oldest_word_seconds')).toBeGreaterThan(0.9);
    expect(await metric('endpoint_picker_word_age_seconds{pod="127.0.1.2:8080"}')).toBeGreaterThan(0.9);
    expect(await metric('endpoint_picker_word_age_seconds{pod="127.0.1.3:8080"}')).toBeLessThan(0.5);
  });

  test('one that falls silent is cut: its machine may be gone', { timeout: 20_000 }, async () => {
    const { pod, logged } = await pick();
    const one = await pod('127.0.1.1');
    one.say({});
    await one.closed();
    expect(logged('pod_gone')).toMatchObject([{ pod: '127.0.1.1:8080', why: 'silent' }]);
    expect(logged('bad_report')).toMatchObject([{ address: '127.0.1.1', detail: 'silent' }]);
  });

  test('a pod that floods is slowed down, edges are answered', async () => {
    const { pod, ready, ask, metric } = await pick();
    const [quiet, loud] = [await pod('127.0.1.1'), await pod('127.0.1.2')];
    const words = setInterval(() => quiet.say({}), 500);
    const burst = `${good}\n`.repeat(2000);
    const flood = setInterval(() => loud.socket.writableNeedDrain || loud.socket.write(burst), 1);
    onTestFinished(() => [words, flood].forEach(clearInterval));
    quiet.say({});
    await ready();
    const before = (await metric('endpoint_picker_reports_total')) ?? 0;
    const startedMs = performance.now();
    expect((await ask('a')).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const lines = ((await metric('endpoint_picker_reports_total')) ?? 0) - before;
    // A turn may end with one read more: 64 KiB, some 1,300 lines.
    expect(lines / (performance.now() - startedMs)).toBeLessThan(25);
    expect(lines).toBeGreaterThan(1000);
  });

  test('thousands of one address: those beyond the most are dropped and counted', async () => {
    const { picker, pod, ready, ask, metric } = await pick({ headTimeoutSeconds: 3 });
    const idle = await idlers(picker.reportsPort, 2000);
    const real = await pod('127.0.1.1');
    const words = setInterval(() => real.say({}), 500);
    onTestFinished(() => clearInterval(words));
    real.say({});
    await ready();
    expect((await ask('a')).status).toBe(200);
    await until('they are cut', () => idle.every(({ destroyed }) => destroyed));
    expect(await metric('endpoint_picker_connections_dropped_total{port="reports"}')).toBeGreaterThan(1000);
    expect(await metric('endpoint_picker_pods')).toBe(1);
  });
});
