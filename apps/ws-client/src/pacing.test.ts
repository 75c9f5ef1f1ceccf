import { until } from '@envoy-poc/env/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { accept, refuse, startEdge } from './testing/edge.ts';
import { runClient } from './testing/run-client.ts';

// Only the timers: the clock and the sockets stay real.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const half = () => 0.5;

/** Lets the client's timers run for `seconds`, then waits until every attempt has been answered. */
async function pass(seconds: number, { logged }: Awaited<ReturnType<typeof runClient>>, attempts: number) {
  await vi.advanceTimersByTimeAsync(seconds * 1000);
  const answered = () => logged('open').length + logged('refused').length;
  await until(`${attempts} attempts`, () => answered() >= attempts);
}

test('the first attempt comes after a random part of the interval, then one an interval until 5 are open', async () => {
  const edge = await startEdge(accept());
  const run = await runClient({ edgeUrls: [edge.url] }, half);
  await pass(4.9, run, 0);
  expect(edge.requests).toHaveLength(0);
  await pass(0.2, run, 1);
  for (const expected of [2, 3, 4, 5]) {
    await pass(9.8, run, expected - 1);
    expect(edge.requests).toHaveLength(expected - 1);
    await pass(0.2, run, expected);
    expect(edge.requests).toHaveLength(expected);
  }
  await pass(100, run, 5);
  expect(edge.requests).toHaveLength(5);
  expect(run.client.openConnections).toBe(5);
});

test('with a phase the first attempt comes when the clock has it, whenever the client starts', async () => {
  const now = vi.spyOn(Date, 'now');
  onTestFinished(() => now.mockRestore());
  const edge = await startEdge(accept());
  for (const [started, { second, after }] of [
    { second: 1_000_004, after: 3 },
    { second: 1_000_007, after: 0 },
    { second: 1_000_008, after: 9 },
  ].entries()) {
    now.mockReturnValue(second * 1000);
    const run = await runClient({ edgeUrls: [edge.url], attemptPhaseSeconds: 7, connectionsPerClient: 1 });
    if (after > 0) {
      await pass(after - 0.1, run, 0);
      expect(edge.requests).toHaveLength(started);
    }
    await pass(0.2, run, 1);
    expect(edge.requests).toHaveLength(started + 1);
    await run.client.close();
  }
});

test('refusals do not make it faster', async () => {
  const edge = await startEdge(refuse(429));
  const run = await runClient({ edgeUrls: [edge.url] }, half);
  await pass(5, run, 1);
  for (let expected = 2; expected <= 12; expected++) {
    await pass(9.9, run, expected - 1);
    expect(edge.requests).toHaveLength(expected - 1);
    await pass(0.1, run, expected);
    expect(edge.requests).toHaveLength(expected);
  }
});

test('attempts without an answer yet count: never more than wanted', async () => {
  const edge = await startEdge(() => {});
  const run = await runClient(
    { edgeUrls: [edge.url], connectionsPerClient: 2, handshakeTimeoutSeconds: 1000 },
    half,
  );
  await pass(100, run, 0);
  await until('two attempts', () => edge.requests.length >= 2);
  await pass(100, run, 0);
  expect(edge.requests).toHaveLength(2);
});

test('the client sends after random pauses of 10 to 20 s', async () => {
  const edge = await startEdge(accept());
  const run = await runClient({ edgeUrls: [edge.url] });
  await pass(60, run, 5);
  const sentAtSeconds: number[] = [];
  for (let second = 0; second < 400; second++) {
    const replies = run.logged('reply').length;
    const sentBefore = await sent(run);
    await vi.advanceTimersByTimeAsync(1000);
    if ((await sent(run)) === sentBefore) continue;
    sentAtSeconds.push(second);
    await until('its reply', () => run.logged('reply').length > replies);
  }
  const pauses = sentAtSeconds.slice(1).map((at, index) => at - (sentAtSeconds[index] ?? 0));
  expect(pauses.length).toBeGreaterThanOrEqual(18);
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(9);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(21);
  expect(new Set(pauses).size).toBeGreaterThan(2);
});

async function sent({ http }: Awaited<ReturnType<typeof runClient>>): Promise<number> {
  const metrics = await (await fetch(`${http}/metrics`)).text();
  return Number(metrics.match(/^ws_client_messages_sent_total (\d+)$/m)?.[1]);
}

test('whatever the edge does, an interval has exactly one attempt if a connection is missing, else none', async () => {
  const interval = fc.record({ accepts: fc.boolean(), closes: fc.nat(3) });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(interval, { maxLength: 12 }),
      async (wanted, steps) => {
        const edge = await startEdge(refuse(503));
        const run = await runClient({ edgeUrls: [edge.url], connectionsPerClient: wanted }, half);
        let attempts = 0;
        let open = 0;
        await vi.advanceTimersByTimeAsync(0);
        for (const [index, { accepts, closes }] of steps.entries()) {
          edge.answer = accepts ? accept() : refuse(503, 'full', ['X-Refusal: full']);
          if (open < wanted) {
            attempts++;
            if (accepts) open++;
          }
          await pass(index === 0 ? 5 : 10, run, attempts);
          expect(edge.requests).toHaveLength(attempts);
          expect(run.client.openConnections).toBe(open);

          for (const webSocket of [...edge.open].slice(0, closes)) webSocket.close(1001);
          open -= Math.min(open, closes);
          await until(`${open} open`, () => run.client.openConnections === open);
        }
        await run.client.close();
      },
    ),
    { numRuns: 25 },
  );
});
