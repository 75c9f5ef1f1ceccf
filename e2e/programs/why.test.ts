import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Explanation } from '@envoy-poc/cli/why';
import { expect, type TestContext, test } from 'vitest';
import { eventually } from '../helpers/wait.ts';
import { type Attempt, attempt, closeAll, sockets } from '../local/attempts.ts';
import { npmStart, stateOnceUp } from '../local/npm-start.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = `${root}tools/cli/bin/envoy-poc.mjs`;

/** Times in logs are cut to milliseconds, and edges stamp a request a little before it is decided. */
const STAMPS_MS = 50;

interface Named extends Attempt {
  id: string;
}

/** `npm start` without clients: who attempts is the test. */
async function runOf(context: TestContext, ...words: string[]) {
  const run = await npmStart(context, ['--client-replicas', '0', '--for', '300', ...words]);
  const { edges, pods } = await stateOnceUp(run);
  const env = { ...process.env, LOCAL_NETWORK: basename(dirname(run.stateFile)) };
  let n = 0;
  const one = async (): Promise<Named> => {
    const id = randomUUID();
    const edge = edges[n++ % edges.length];
    return { id, ...(await attempt(`ws://${edge?.ingress}/`, { headers: { 'x-request-id': id } })) };
  };
  return {
    ...{ edges, pods, one },
    storm: (many: number) => Promise.all(Array.from({ length: many }, one)),
    /** Attempts until one is admitted: those that were refused, and the admitted one. */
    async untilAdmitted() {
      const refused: Named[] = [];
      for (;;) {
        const made = await one();
        if (made.status === 101) return { refused, admitted: made };
        refused.push(made);
        await sleep(50);
      }
    },
    /** What `why` says of attempts, once the logs have all of them. */
    why: (attempts: readonly Named[]) =>
      eventually(async () => {
        const ids = attempts.map(({ id }) => id);
        if (ids.length === 0) return [];
        const options = { env, maxBuffer: 2 ** 28 };
        const { stdout } = await promisify(execFile)(
          process.execPath,
          [program, 'why', '--json', ...ids],
          options,
        );
        const explanations = JSON.parse(stdout) as Explanation[];
        expect(explanations.map(({ requestId }) => requestId)).toEqual(ids);
        for (const [i, { outcome, status }] of explanations.entries()) {
          expect(status).toBe(attempts[i]?.status);
          expect(outcome).toBe(status === 101 ? 'open' : 'refused');
        }
        return explanations;
      }),
  };
}

type Run = Awaited<ReturnType<typeof runOf>>;

const ms = (iso: string | undefined) => Date.parse(iso ?? 'never');

/** Nobody is admitted before the time that each refusal names, and somebody after it. */
async function expectTrueTimes({ untilAdmitted, why }: Run) {
  const { refused, admitted } = await untilAdmitted();
  const told = await why(refused);
  const [open] = await why([admitted]);
  const admittedBy = open?.picker?.answer === 'picked' ? 'picker' : 'edge';
  for (const { earliest, at, bucket, by } of told) {
    expect(bucket?.least).toBeLessThan(1);
    expect(ms(earliest?.at)).toBeGreaterThan(ms(at) - STAMPS_MS);
    if (by === admittedBy) expect(ms(open?.at)).toBeGreaterThan(ms(earliest?.at) - STAMPS_MS);
  }
  return { told, admitted };
}

/** Once a slot is free, a refusal because of none says since when. */
async function expectFreeSlot({ why }: Run, full: Named, holders: readonly Named[]) {
  expect((await why([full]))[0]?.earliest).toBeUndefined();
  const beforeMs = Date.now();
  await closeAll(sockets(holders.slice(0, 1)));
  await eventually(async () => {
    const [later] = await why([full]);
    expect(later?.earliest?.because).toMatch(/^a connection to pod-\d ended$/);
    expect(ms(later?.earliest?.at)).toBeGreaterThanOrEqual(beforeMs - 1);
    expect(ms(later?.earliest?.at)).toBeLessThanOrEqual(Date.now());
  });
}

test('admission exact: each refusal of a storm of 2,000 is explained', async (context) => {
  const words = ['--server-replicas', '4', '--connections-per-pod', '1', '--edge-replicas', '1'];
  const run = await runOf(context, ...words, '--new-connections-per-second', '0.2');
  const attempts = await run.storm(2000);
  // On a busy machine the picker's answer may come too late for an edge, which then goes by its share.
  const ofPicker = (all: Explanation[]) => all.filter(({ by }) => by === 'picker');
  const refusals = ofPicker(await run.why(attempts));
  expect(refusals.length).toBeGreaterThan(0);
  for (const refusal of refusals) {
    expect(refusal).toMatchObject({ status: 429, reason: 'rate', tried: [] });
    expect(refusal.picker).toMatchObject({ answer: 'rate', pods: 4 });
    expect(refusal.bucket).toMatchObject({ of: 'all', intervalMs: 5000 });
  }
  const holders = attempts.filter(({ status }) => status === 101);
  const told: Explanation[] = [];
  while (holders.length < 4) {
    const next = await expectTrueTimes(run);
    told.push(...next.told);
    holders.push(next.admitted);
  }
  expect(told.length).toBeGreaterThan(0);
  // Only the slot is missing now: the interval since the last admission is over.
  await sleep(5000);
  const more = await run.storm(200);
  const full = ofPicker(await run.why(more));
  for (const refusal of full) {
    expect(refusal).toMatchObject({ status: 503, reason: 'full', tried: [] });
    expect(refusal.picker).toMatchObject({ answer: 'full', pods: 4, freeSlots: 0, slotsTaken: 4 });
  }
  await expectFreeSlot(run, more.find(({ id }) => id === full[0]?.requestId) as Named, holders);
});

test('admission shared: by the share of an edge, and by pods that are full', async (context) => {
  const words = ['--admission', 'shared', '--server-replicas', '2', '--connections-per-pod', '1'];
  const slow = await runOf(context, ...words, '--edge-replicas', '1', '--new-connections-per-second', '0.2');
  const attempts = await slow.storm(200);
  for (const { outcome, ...refusal } of await slow.why(attempts)) {
    if (outcome === 'open') continue;
    expect(refusal).toMatchObject({ status: 429, reason: 'rate', by: 'edge', tried: [] });
    expect(refusal.bucket).toMatchObject({ of: 'all', intervalMs: 5000 });
  }
  expect((await expectTrueTimes(slow)).told.length).toBeGreaterThan(0);

  const fast = await runOf(context, ...words, '--new-connections-per-second', '10000');
  const storm = await fast.storm(200);
  const refused = await fast.why(storm);
  const names = new Set(['pod-1', 'pod-2']);
  for (const { outcome, reason, by, tried } of refused) {
    if (outcome === 'open') continue;
    expect({ reason, by }).toEqual({ reason: 'full', by: 'pods' });
    expect(tried.length).toBeGreaterThan(0);
    for (const { pod, said } of tried) {
      expect(names).toContain(pod);
      expect(said).toBe('full: 1 of 1 connections open');
    }
  }
  const isFull = ({ status }: Named) => status === 503;
  await expectFreeSlot(
    fast,
    storm.find(isFull) as Named,
    storm.filter((one) => !isFull(one)),
  );
});

test('an answer has the id to ask with, whoever made it up', async (context) => {
  const { edges, one } = await runOf(
    context,
    '--server-replicas',
    '1',
    '--new-connections-per-second',
    '0.01',
  );
  await one();
  const named = await one();
  expect(named).toMatchObject({ status: 429, headers: { 'x-request-id': named.id } });
  const unnamed = await attempt(`ws://${edges[0]?.ingress}/`);
  expect(unnamed.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
});
