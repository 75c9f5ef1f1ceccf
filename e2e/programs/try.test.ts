import { readFile } from 'node:fs/promises';
import type { StateFile } from '@envoy-poc/cli/start';
import type {
  Action,
  ActionResult,
  RequestLog,
  RunEvent,
  Setup,
  TourStep,
  Verdict,
} from '@envoy-poc/console';
import { describe, expect, type TestContext, test } from 'vitest';
import { eventually, until } from '../helpers/wait.ts';
import { expectNothingLeft, npmStart, signalGroup, stateOnceUp } from '../local/npm-start.ts';

type State = Extract<RunEvent, { event: 'state' }>;

/** A run of `npm start`, as somebody sees and uses it on the page. */
async function runOf(context: TestContext, ...words: string[]) {
  const run = await npmStart(context, ['--for', '600', ...words]);
  const first = await stateOnceUp(run);
  const events: RunEvent[] = [];
  const setups: Setup[] = [];
  const over = new AbortController();
  context.onTestFinished(() => over.abort());
  void follow(`${first.console}/api/events`, over.signal, (event) => {
    events.push(event);
    if (event.event === 'setup') setups.push(event.setup);
  });
  const html = await (await fetch(first.console)).text();
  const token = /<meta name="token" content="([^"]+)"/.exec(html)?.[1] ?? '';
  const last = () => events.findLast((event): event is State => event.event === 'state');
  const verdict = (name: Verdict['name']) => last()?.verdicts.find((one) => one.name === name);

  async function act(action: Action): Promise<ActionResult> {
    const headers = { 'x-console-token': token, origin: first.console };
    const body = JSON.stringify(action);
    const response = await fetch(`${first.console}/api/actions`, { method: 'POST', headers, body }).catch(
      (error) => {
        throw new Error(`${body} has no answer:\n${run.output().slice(-2000)}`, { cause: error });
      },
    );
    expect(response.status, run.output()).toBe(200);
    return (await response.json()) as ActionResult;
  }
  return {
    ...{ run, first, events, setups, act, last },
    marks: () => events.flatMap((event) => (event.event === 'mark' ? [event.what] : [])),
    files: async () => JSON.parse(await readFile(run.stateFile, 'utf8')) as StateFile,
    /** Does it, and returns what was done in words. */
    async done(action: Action): Promise<string> {
      const result = await act(action);
      if (!('done' in result)) throw new Error(`refused: ${result.refused}`);
      return result.done;
    },
    /** Waits until a promise is seen to be so. */
    sees: (name: Verdict['name'], status: Verdict['status']) =>
      until(
        () => verdict(name)?.status === status,
        () => `${name} ${status}: ${JSON.stringify(verdict(name))}`,
        90,
      ),
    /** Waits for a state of which something is true. */
    stands: (is: (state: State) => boolean, what: string) =>
      until(
        () => is(last() as State),
        () => `${what}: ${JSON.stringify(last())}`,
        90,
      ),
  };
}

/** Tells the events of a stream, the first view left out. */
async function follow(url: string, signal: AbortSignal, tell: (event: RunEvent) => void): Promise<void> {
  try {
    const { body } = await fetch(url, { signal });
    let rest = '';
    for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const parts = (rest + text).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        if (!part.startsWith('event: view')) tell(JSON.parse(/^data: (.*)$/m.exec(part)?.[1] ?? ''));
      }
    }
  } catch (error) {
    if (!signal.aborted) tell({ event: 'mark', at: '', what: `the stream ended: ${error}` });
  }
}

/** A promise that is seen broken, but for an answer that took long on a busy machine. */
const isFault = ({ status, name, observed }: Verdict) =>
  status === 'broken' && (name !== 'refusals' || observed.includes('without any answer'));

const brisk = ['--new-connections-per-second', '5', '--attempt-interval-seconds', '2'];

test('processes end, wait and come back, and the run goes on', async (context) => {
  const { run, first, events, act, done, stands, files, marks } = await runOf(context, ...brisk);
  await stands((state) => state?.slots.open === 8, 'all slots are open');
  const quiet = (name: string) => (state: State) =>
    Object.values(state.silent).some((group) => group.some((one) => one.name === name));

  expect(await done({ action: 'storm', attempts: 60 })).toMatch(/^storm of 60: \d+ admitted, \d+ refused/);
  await until(
    () => events.filter(({ event }) => event === 'refused').length >= 50,
    () => 'the refusals of the storm are told',
  );

  for (const process of ['pod-2', 'picker-1', 'edge-3']) {
    await done({ action: 'kill', process });
    await stands(quiet(process), `${process} is silent`);
    expect(await act({ action: 'pause', process })).toEqual({
      refused: `${process} was killed: start it first`,
    });
    await done({ action: 'start', process });
    await stands((state) => !quiet(process)(state), `${process} answers`);
  }
  const { pods, edges } = await files();
  expect(pods[1]?.pid).not.toBe(first.pods[1]?.pid);
  expect([pods[0], edges[0]]).toEqual([first.pods[0], first.edges[0]]);

  await done({ action: 'pause', process: 'pod-1' });
  await stands(quiet('pod-1'), 'pod-1 is silent');
  await done({ action: 'resume', process: 'pod-1' });
  await stands((state) => !quiet('pod-1')(state), 'pod-1 answers');

  await done({ action: 'drain', process: 'edge-1' });
  await stands((state) => state.said.edges[0] === 'DRAINING', 'edge-1 drains');
  await done({ action: 'start', process: 'edge-1' });
  await stands((state) => state.said.edges[0] === 'LIVE', 'edge-1 is back');
  await stands((state) => state.slots.open === 8, 'all slots are open again');
  expect(marks()).toEqual([
    'storm of 60 upgrades',
    ...['pod-2', 'picker-1', 'edge-3'].flatMap((name) => [`${name} killed`, `${name} started`]),
    ...['pod-1 paused', 'pod-1 resumed'],
    ...['edge-1 drains: its clients are told to leave, and new ones are refused', 'edge-1 started'],
  ]);

  await done({ action: 'pause', process: 'pod-3' });
  const state = await files();
  void act({ action: 'storm', attempts: 500 }).catch(() => {});
  await until(
    () => marks().at(-1) === 'storm of 500 upgrades',
    () => `the storm has begun: ${marks()}`,
  );
  signalGroup(run.process, 'SIGINT');
  await run.ended;
  await expectNothingLeft(run, state);
});

test('limits change while it runs, and only what they touch starts again', async (context) => {
  const { run, first, events, act, done, sees, stands, files, setups, last } = await runOf(context, ...brisk);
  await stands((state) => state?.slots.open === 8, 'all slots are open');
  const pids = (all: readonly { pid: number }[]) => all.map(({ pid }) => pid);

  expect(await done({ action: 'set', limits: { connectionsPerPod: 3 } })).toBe('connectionsPerPod 2 → 3');
  const more = await files();
  expect(more.limits.connectionsPerPod).toBe(3);
  expect([pids(more.edges), pids(more.pickers), pids(more.clients)]).toEqual(
    [first.edges, first.pickers, first.clients].map(pids),
  );
  for (const pid of pids(first.pods)) expect(pids(more.pods)).not.toContain(pid);
  await stands(({ slots }) => slots.open === 12, 'all slots are open');

  await done({ action: 'set', limits: { connectionsPerPod: 1 } });
  await stands(
    ({ slots, pods }) => slots.open === 4 && pods.every(({ limit }) => limit === 1),
    'one slot a pod',
  );
  await sees('limit', 'holds');

  const before = await files();
  await done({ action: 'set', limits: { newConnectionsPerSecond: 8 } });
  const faster = await files();
  expect([pids(faster.pods), pids(faster.clients)]).toEqual([pids(before.pods), pids(before.clients)]);
  for (const pid of [...pids(before.edges), ...pids(before.pickers)])
    expect([...pids(faster.edges), ...pids(faster.pickers)]).not.toContain(pid);

  await done({ action: 'set', limits: { serverReplicas: 5, edgeReplicas: 2 } });
  await stands(({ slots, pods }) => pods.length === 5 && slots.open === 5, 'five pods are used');
  await done({ action: 'set', limits: { serverReplicas: 2, edgeReplicas: 3 } });
  await stands(({ slots, pods }) => pods.length === 2 && slots.open === 2, 'two pods are used');
  await done({ action: 'add-client' });
  expect((await files()).clients).toHaveLength(11);
  await until(
    () => setups.at(-1)?.clients.at(-1)?.name === 'client-11',
    () => 'the page is told of the new client',
  );
  expect(setups.at(-1)).toMatchObject({ connectionsPerPod: 1, newConnectionsPerSecond: 8 });
  expect(setups.at(-1)?.edges).toHaveLength(3);
  for (const name of ['limit', 'rate', 'slots', 'replies', 'logs'] as const) await sees(name, 'holds');
  // Attempts at an edge that starts again are nobody's fault.
  const faults = events.flatMap((event) => (event.event === 'state' ? event.verdicts : [])).filter(isFault);
  expect(faults).toEqual([]);

  expect(await act({ action: 'set', limits: { serverReplicas: 0 } })).toEqual({
    refused: 'serverReplicas 0: must be 1 or more',
  });
  expect(last()?.slots.capacity).toBe(2);

  await done({ action: 'pause', process: 'edge-2' });
  const state = await files();
  // Even this must leave nothing, though nobody is there to end the rest.
  signalGroup(run.process, 'SIGKILL');
  await expectNothingLeft(run, state);
});

test('a refusal from before a changed rate is explained by the rate of then', async (context) => {
  const words = ['--admission', 'shared', '--edge-replicas', '1', '--new-connections-per-second', '0.5'];
  const { first, done, events } = await runOf(context, ...words);
  await done({ action: 'storm', attempts: 60 });
  const byRate = () => events.find((event) => event.event === 'refused' && event.reason === 'rate');
  await until(
    () => byRate() !== undefined,
    () => 'a refusal of the storm is told',
  );
  const refusal = byRate();
  const id = refusal?.event === 'refused' ? refusal.requestId : '';
  const why = async () => {
    const response = await fetch(`${first.console}/api/log?request=${id}`);
    return ((await response.json()) as RequestLog).why[0];
  };
  expect(await why()).toContain('one comes in 2000 ms');
  await done({ action: 'set', limits: { newConnectionsPerSecond: 10 } });
  expect(await why()).toContain('one comes in 2000 ms');
});

describe('the tour', () => {
  const broken = (step: TourStep) => ({ action: 'tour', step, phase: 'break' }) as const;
  const mended = (step: TourStep) => ({ action: 'tour', step, phase: 'mend' }) as const;

  test('each step breaks its limit, and mends it', async (context) => {
    const { done, sees, stands, act, last, setups } = await runOf(context, '--attempt-interval-seconds', '2');
    await sees('limit', 'holds');

    expect(await done(broken('edge-only'))).toMatch(/^80 upgrades at once for 8 slots: \d+ admitted/);
    await sees('limit', 'broken');
    expect(setups.at(-1)?.tour).toBe('edge-only');
    expect(await act({ action: 'kill', process: 'pod-1' })).toHaveProperty('refused');
    await done(mended('edge-only'));
    await sees('limit', 'holds');
    expect(setups.at(-1)).not.toHaveProperty('tour');

    expect(await done(broken('small-bucket'))).toMatch(/one token for all edges, 0 passed/);
    await sees('rate', 'broken');
    await done(mended('small-bucket'));
    await sees('rate', 'holds');

    // Where the machine has no time, an edge may go on without the picker's answer.
    expect(await done(broken('forged-address'))).toMatch(/^(19|20) of 20 upgrades admitted/);
    expect(await done(mended('forged-address'))).toMatch(/^[12] of 20 upgrades admitted/);
    await sees('rate', 'holds');
    await stands(({ slots }) => slots.open === 8, 'all slots are open');

    expect(await done(broken('killed-pod'))).toMatch(
      /the others hold \d connections, never more than 2 on one/,
    );
    await stands(({ silent }) => silent.pods.length === 1, 'a pod is silent');
    expect(await done(mended('killed-pod'))).toMatch(
      /^pod-\d runs again, and clients came back at the rate: 8 of 8 slots are open/,
    );
    await sees('limit', 'holds');

    expect(await done(broken('no-picker'))).toMatch(/^without a picker \d+ passed the rate/);
    await stands(({ picker }) => (picker?.byShare.total ?? 0) > 0, 'edges admit by themselves');
    await sees('rate', 'holds');
    await done(mended('no-picker'));
    await stands(
      ({ silent, said }) => silent.pickers.length === 0 && said.pickers[0] === 'ok',
      'pickers are back',
    );
    await eventually(async () => {
      for (const { name, status, observed } of last()?.verdicts ?? [])
        if (name !== 'refusals') expect(status, `${name}: ${observed}`).toBe('holds');
    });
  });

  test('Ctrl-C in the middle of a step leaves nothing', async (context) => {
    const { run, act, files } = await runOf(context);
    const state = await files();
    void act(broken('edge-only')).catch(() => {});
    await until(
      () => /done.*circuit breaker/.test(run.output()),
      () => `the step has begun:\n${run.output()}`,
    );
    signalGroup(run.process, 'SIGINT');
    await run.ended;
    await expectNothingLeft(run, state);
    // Those that were started since then, too.
    for (const { address } of state.pods) await expect(fetch(`http://${address}/healthz`)).rejects.toThrow();
    for (const { stats } of state.edges) await expect(fetch(`http://${stats}/ready`)).rejects.toThrow();
  });
});
