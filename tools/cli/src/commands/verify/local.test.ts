import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import type { CheckResult, Report, Status } from '#runtime';
import { fakeRun, type Oddities, reply } from './testing/local-run.ts';
import { runVerify } from './testing/run-verify.ts';

const root = resolve(import.meta.dirname, '../../../../..');

async function checksOf(
  context: TestContext,
  odd: Oddities,
): Promise<{ code: number; result: (id: string) => CheckResult }> {
  const { code, stdout } = await runVerify(
    ['--local', '--json', '--window', '1'],
    (await fakeRun(context, odd)).root,
  );
  const { checks } = JSON.parse(stdout) as Report;
  return {
    code,
    result: (id) => {
      const found = checks.find((check) => check.id === id);
      if (!found) throw new Error(`no check ${id} in ${stdout}`);
      return found;
    },
  };
}

/** One attempt is served, and of those after it none is admitted. */
const well: Oddities = { upgrade: (attempt) => (attempt === 1 ? reply('127.0.0.1') : 429) };

test('a run in which all is well', async (context) => {
  const { code, result } = await checksOf(context, well);
  expect(code).toBe(0);
  for (const id of ['plane', 'workloads', 'edges', 'websocket', 'limits', 'exchanges', 'records']) {
    expect(result(id), id).toMatchObject({ status: 'pass' });
  }
  expect(result('admissions')).toMatchObject({
    status: 'skipped',
    seen: 'because each edge admits its share of the rate',
  });
  for (const id of ['stacks', 'cluster', 'nodes', 'repositories', 'load-balancer']) {
    expect(result(id)).toMatchObject({ status: 'skipped', seen: 'because a local run has none' });
  }
  expect(result('websocket').seen).toMatch(
    /^through edge-1: open after [\d.]+ ms, reply of 127\.0\.0\.1 at 2026-.* after [\d.]+ ms$/,
  );
});

test('a run in which the picker admits: once all is full it says so, whatever the rate', async (context) => {
  const upgrade = (attempt: number) => (attempt === 1 ? reply('127.0.0.1') : 503);
  const { code, result } = await checksOf(context, { admission: 'exact', upgrade });
  expect(code).toBe(0);
  expect(result('edges').seen).toMatch(/1 of 1 pickers run$/);
  expect(result('limits').seen).toMatch(/^0 of 4 at once were admitted, 1 may be/);
  expect(result('admissions')).toMatchObject({ status: 'pass', seen: 'something; something; something' });
});

const cases: [what: string, odd: Oddities, check: string, status: Status, seen: RegExp][] = [
  [
    'a server that is not well',
    { health: 503 },
    'workloads',
    'fail',
    /0 of 1 servers run\n.*pod-1: .*answers 503/,
  ],
  [
    'a client that is gone',
    { clientPid: 2 ** 22 + 1 },
    'workloads',
    'fail',
    /client-1: process 4194305 is gone/,
  ],
  ['an edge that is not ready', { ready: 503 }, 'edges', 'fail', /edge-1: .*\/ready answers 503/],
  [
    'a reply of nobody',
    { upgrade: () => reply('192.0.2.1') },
    'websocket',
    'fail',
    /192\.0\.2\.1.*no pod's address/,
  ],
  ['a reply without a time', { upgrade: () => '{}' }, 'websocket', 'fail', /without time and pod IP/],
  ['a refusal for another reason', { upgrade: () => 404 }, 'websocket', 'fail', /refused with 404/],
  [
    'a refusal while there is room',
    { upgrade: () => 503, gauges: { open: 1 } },
    ...(['websocket', 'fail', /1 of 2 slots are taken, so it should not be full/] as const),
  ],
  [
    'a refusal because all is full',
    { upgrade: () => 503, gauges: { open: 2 } },
    ...(['websocket', 'warn', /8 attempts refused immediately: 0 by rate, 8 full/] as const),
  ],
  [
    'a server over its limit',
    { gauges: { highWater: 3 } },
    'limits',
    'fail',
    /pod-1 had 3 connections, its limit is 2/,
  ],
  [
    'a rate that does not hold',
    {},
    'limits',
    'fail',
    /6 of 6 at once were admitted, 3 may be.*does not hold/,
  ],
  ['clients that hear nothing', { silent: true }, 'exchanges', 'fail', /no client had a reply in 1 s/],
  ['a wrong reply', { broken: ['replies'] }, 'exchanges', 'fail', /promise of replies/],
  ['statistics that disagree', { openAtEdge: 7 }, 'records', 'fail', /7 connections.*they disagree/],
  ['a refusal missing in the log', { broken: ['logs'] }, 'records', 'fail', /promise of logs/],
  [
    'a picker that is not ready',
    { admission: 'exact', pickerHealth: 503 },
    ...(['edges', 'fail', /0 of 1 pickers run\n.*picker-1: .*answers 503/] as const),
  ],
  [
    'two admissions by the picker in one second',
    { admission: 'exact' },
    ...(['limits', 'fail', /4 of 4 at once were admitted, 1 may be.*does not hold/] as const),
  ],
  ...(['rate', 'allowed', 'full'] as const).map((name): (typeof cases)[number] => [
    `a broken promise of the picker: ${name}`,
    { admission: 'exact', broken: [name] },
    ...(['admissions', 'fail', new RegExp(`promise of ${name}: expected`)] as const),
  ]),
  ['an empty log', { found: 0 }, 'records', 'fail', /nothing a client saw was found/],
];

// They wait for a window of time, each in a run of its own.
describe.concurrent('one thing is odd', () => {
  test.for(cases)('%s', async ([, odd, check, status, seen], context) => {
    const { code, result } = await checksOf(context, odd);
    expect(result(check)).toMatchObject({ status, seen: expect.stringMatching(seen) });
    if (status === 'fail') expect(code).toBe(1);
    expect(result(check).next).toBeTruthy();
  });
});

test('where nothing runs, that is said once, with what starts it', async () => {
  const { code, stdout } = await runVerify(['--local', '--window', '1'], '/nowhere');
  expect(code).toBe(1);
  expect(stdout.match(/no local run is up/g)).toHaveLength(1);
  expect(stdout).toContain('→ npm start');
});

test('a state file that a killed run left behind', async (context) => {
  const { root: at } = await fakeRun(context);
  const state = { console: 'http://127.0.0.1:9', edges: [], pods: [], clients: [] };
  await writeFile(`${at}/.local/state.json`, JSON.stringify(state));
  expect((await runVerify(['--local'], at)).stdout).toMatch(
    /console http:\/\/127\.0\.0\.1:9 does not answer\n.*→ rm .*state\.json/,
  );
});

test.each(['0', 'soon', '601'])('--window %s is bad usage', async (window) => {
  expect(await runVerify(['--local', '--window', window], root)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`--window ${window}`),
  });
});
