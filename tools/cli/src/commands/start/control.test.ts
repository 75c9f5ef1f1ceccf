import type { Action } from '@envoy-poc/console';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { Child } from './child.ts';
import { Control } from './control.ts';
import type { RunState } from './events.ts';
import { parseOptions } from './options.ts';
import { type Plan, planOf } from './parts.ts';

let control: Control;
let plan: Plan;
/** What was done, in order. */
let done: string[];
let faults: unknown[];
let children: Map<string, Child>;
let following: Promise<void>;

beforeEach(() => {
  // Ports of this network are free, unlike those of a run.
  plan = planOf(
    parseOptions(['--edge-replicas', '2', '--server-replicas', '2']) as Plan['options'],
    '127.234',
  );
  done = [];
  faults = [];
  following = Promise.resolve();
  const names = ['pod-1', 'pod-2', 'edge-1', 'edge-2', 'picker-1', 'picker-2', 'client-1'];
  children = new Map(names.map((name) => [name, sleeper(name)]));
  control = new Control({
    plane: {
      get plan() {
        return plan;
      },
      child: (name) => children.get(name),
      async follow(next, pace) {
        done.push(`follow ${pace}`);
        await following;
        plan = next;
      },
      async startAgain(name) {
        done.push(`start ${name}`);
        await children.get(name)?.stop(1);
        children.set(name, sleeper(name));
      },
      drain: (name) => done.push(`drain ${name}`),
    },
    watch: {
      state: () => ({ pods: [] }) as unknown as RunState,
      mark: (what, did) => done.push(`mark ${what}${did ? ` (${did.action} ${did.process})` : ''}`),
      hold: () => done.push('hold'),
      follow: () => done.push('judge anew'),
      tour: (step) => done.push(`broken: ${step ?? 'nothing'}`),
    },
    network: '127.234',
    onChange: async () => void done.push('tell'),
    onFault: (error) => faults.push(error),
    signal: new AbortController().signal,
  });
});

function sleeper(name: string): Child {
  const onDeath = (error: Error) => faults.push(error);
  const child = new Child({ name, program: 'sleep', args: ['60'], onDeath });
  onTestFinished(() => child.stop(1));
  return child;
}

async function refused(action: Action): Promise<string> {
  const result = await control.act(action);
  expect(result).toHaveProperty('refused');
  return 'refused' in result ? result.refused : '';
}

const act = (action: Action) => control.act(action);
const kill = (process: string) => act({ action: 'kill', process });

test('a process is killed on purpose, and started again; then all is judged anew', async () => {
  expect(await kill('pod-2')).toEqual({ done: 'pod-2 killed' });
  expect(children.get('pod-2')?.running).toBe(false);
  expect(await refused({ action: 'kill', process: 'pod-2' })).toBe('pod-2 was killed: start it first');
  expect(await refused({ action: 'pause', process: 'pod-2' })).toBe('pod-2 was killed: start it first');
  expect(await act({ action: 'start', process: 'pod-2' })).toEqual({ done: 'pod-2 started' });
  expect(done).toEqual([
    ...['mark pod-2 killed (kill pod-2)', 'tell'],
    ...['start pod-2', 'mark pod-2 started (start pod-2)', 'tell', 'judge anew'],
  ]);
  expect(faults).toEqual([]);
});

test('nothing is judged anew while somebody else is away', async () => {
  await kill('pod-1');
  await kill('picker-1');
  await act({ action: 'start', process: 'pod-1' });
  expect(done).not.toContain('judge anew');
  await act({ action: 'start', process: 'picker-1' });
  expect(done).toContain('judge anew');
});

test('a process is paused and resumed', async () => {
  expect(await refused({ action: 'resume', process: 'pod-1' })).toMatch(/^pod-1 is not paused/);
  expect(await refused({ action: 'start', process: 'pod-1' })).toBe('pod-1 runs: there is nothing to start');
  expect(await act({ action: 'pause', process: 'pod-1' })).toEqual({ done: 'pod-1 paused' });
  expect(await refused({ action: 'start', process: 'pod-1' })).toBe('pod-1 is paused: resume it');
  expect(await refused({ action: 'set', limits: { connectionsPerPod: 3 } })).toBe(
    'pod-1 does not take part: resume it first',
  );
  expect(await act({ action: 'resume', process: 'pod-1' })).toEqual({ done: 'pod-1 resumed' });
});

test.each(['pod-3', 'client-1', 'nobody', 'edge-'])(
  '%s is no process that can be chosen',
  async (process) => {
    expect(await refused({ action: 'kill', process })).toBe(
      `process ${process}: must be one of pod-1, pod-2, edge-1, edge-2, picker-1, picker-2`,
    );
  },
);

test('only an edge is drained, and started to bring it back', async () => {
  expect(await refused({ action: 'drain', process: 'pod-1' })).toMatch(/^pod-1 cannot be drained/);
  await act({ action: 'drain', process: 'edge-1' });
  expect(done).toContain('drain edge-1');
  expect(await refused({ action: 'drain', process: 'edge-1' })).toMatch(/^edge-1 drains already/);
  expect(await act({ action: 'start', process: 'edge-1' })).toEqual({ done: 'edge-1 started' });
});

test.each(['kill', 'pause', 'drain'] as const)('no %s of the last edge that serves', async (action) => {
  await act({ action, process: 'edge-2' });
  for (const last of ['kill', 'pause', 'drain'] as const)
    expect(await refused({ action: last, process: 'edge-1' })).toMatch(/^edge-1 is the last edge/);
});

test.each([0, 2001, 1.5, Number.NaN])('no storm of %s', async (attempts) => {
  expect(await refused({ action: 'storm', attempts })).toBe(
    `attempts ${attempts}: must be a whole number from 1 to 2000`,
  );
  expect(done).toEqual([]);
});

describe('limits', () => {
  test('are changed, told, and judged by', async () => {
    const set = await act({ action: 'set', limits: { connectionsPerPod: 3, newConnectionsPerSecond: 1 } });
    expect(set).toEqual({ done: 'connectionsPerPod 2 → 3' });
    expect(done).toEqual(['mark connectionsPerPod 2 → 3', 'hold', 'follow rolling', 'tell', 'judge anew']);
    expect(plan.options.connectionsPerPod).toBe(3);
  });

  test.each([
    [{ connectionsPerPod: 0 }, 'connectionsPerPod 0: must be 1 or more'],
    [{ newConnectionsPerSecond: -1 }, 'newConnectionsPerSecond -1: must be above 0 a second'],
    [{ serverReplicas: 101 }, 'serverReplicas 101: must be 100 or less on one machine'],
    [{ edgeReplicas: 1.5 }, 'edgeReplicas 1.5: must be a whole number'],
    [
      { serverReplicas: 100, connectionsPerPod: 21 },
      /^connectionsPerPod 21: 100 pods would hold 2100 connections/,
    ],
    [{ edgeReplicas: 2 }, 'these are the limits already: there is nothing to change'],
  ])('%s are refused in their own words', async (limits, words) => {
    expect(await refused({ action: 'set', limits })).toMatch(words);
    expect(done).toEqual([]);
  });

  test('one thing is done after the other', async () => {
    const gate = Promise.withResolvers<void>();
    following = gate.promise;
    const first = act({ action: 'set', limits: { serverReplicas: 3 } });
    expect(await refused({ action: 'add-client' })).toBe('set is not done yet: try again in a moment');
    gate.resolve();
    await first;
    expect(await act({ action: 'add-client' })).toEqual({ done: 'client-11 added' });
  });

  test('a fault in between is told to the run, which cannot go on', async () => {
    following = Promise.reject(new Error('pod-1 was not ready'));
    following.catch(() => {});
    await expect(act({ action: 'set', limits: { serverReplicas: 3 } })).rejects.toThrow(
      'pod-1 was not ready',
    );
    expect(faults).toHaveLength(1);
  });
});

describe('the tour', () => {
  const breakIt = { action: 'tour', step: 'no-picker', phase: 'break' } as const;
  const mendIt = { ...breakIt, phase: 'mend' } as const;

  test('breaks one step at a time, and mends it', async () => {
    expect(await refused(mendIt)).toBe('step no-picker of the tour is not broken');
    // Nobody listens to its upgrades here.
    expect(await act(breakIt)).toHaveProperty('done');
    expect(done[0]).toBe('broken: no-picker');
    expect(children.get('picker-1')?.running).toBe(false);
    expect(await refused({ action: 'kill', process: 'pod-1' })).toMatch(
      /no-picker of the tour is broken: mend it/,
    );
    expect(await refused({ action: 'tour', step: 'edge-only', phase: 'break' })).toMatch(/mend it first/);
    expect(await refused({ action: 'tour', step: 'edge-only', phase: 'mend' })).toBe(
      'step edge-only of the tour is not broken, no-picker is',
    );
    expect(await act(mendIt)).toEqual({ done: 'what was killed runs again' });
    expect(children.get('picker-2')?.running).toBe(true);
    expect(done.slice(-4)).toEqual([
      ...['tell', 'judge anew', 'broken: nothing', 'mark what was killed runs again'],
    ]);
  });

  test('mends a step that is still being broken, as soon as it can', async () => {
    const both = [act(breakIt), act(mendIt)];
    expect(await refused({ action: 'storm', attempts: 1 })).toMatch(
      /^step no-picker of the tour is not done yet/,
    );
    for (const result of await Promise.all(both)) expect(result).toHaveProperty('done');
    expect(children.get('picker-1')?.running).toBe(true);
  });

  test('begins with a run that is whole', async () => {
    await kill('pod-1');
    expect(await refused({ action: 'tour', step: 'edge-only', phase: 'break' })).toBe(
      'pod-1 does not take part: start it first',
    );
  });
});
