import { setTimeout as sleep } from 'node:timers/promises';
import { sample } from '@envoy-poc/cli/runtime/prometheus';
import { show } from '@envoy-poc/cli/start';
import type { AccessLogLine } from '@envoy-poc/edge';
import { expect, test } from 'vitest';
import { until } from '../helpers/wait.ts';
import { admitted, attempt, freeAll, load, storm } from './attempts.ts';
import { pickerCluster } from './bootstrap.ts';
import { edgeUrl, type Plane, type PlaneOptions, pickerAt, pickersReady, startPlane } from './harness.ts';

const pods = 40;
const slots = 2 * pods;
const rounds = 6;

/** Waits until every running picker knows of so many free slots. */
async function untilPickersSee(plane: Plane, free: number): Promise<void> {
  const sees = async (n: number) => {
    if (!plane.pickers[n]?.running) return true;
    const metrics = await (await fetch(`http://${show(pickerAt(plane, n).decisions)}/metrics`)).text();
    return sample(metrics, 'endpoint_picker_free_slots') === free;
  };
  await until(
    async () => (await Promise.all(plane.pickers.map((_, n) => sees(n)))).every(Boolean),
    () => `pickers see ${free} free slots`,
  );
}

const isAdmission = ({ type }: AccessLogLine) => type === 'DownstreamTunnelSuccessfullyEstablished';

/** The access logs' lines of admissions, once they have so many. */
async function admissionsOf(plane: Plane, count: number): Promise<AccessLogLine[]> {
  const lines = () => plane.accessLog.filter(isAdmission);
  await until(
    () => lines().length >= count,
    () => `${count} admissions are in the access logs: ${lines().length}`,
  );
  return lines();
}

/**
 * As many upgrades at once as there are free slots, again and again, up to `most` times as long as none is refused: how
 * many were, and what became of the others.
 */
async function fillToTheLastSlot(admission: 'exact' | 'shared', most: number) {
  const plane = await startPlane({ serverReplicas: pods, edgeReplicas: 3, admission });
  let refused = 0;
  let open = 0;
  let slowest = 0;
  let attempted = 0;
  for (let round = 1; round <= most && refused === 0; round++) {
    const attempts = await storm(plane, slots);
    attempted += slots;
    open += admitted(attempts);
    refused += attempts.filter(
      ({ status, headers }) => status === 503 && headers['x-refusal'] === 'full',
    ).length;
    slowest = Math.max(slowest, ...attempts.map(({ milliseconds }) => milliseconds));
    await freeAll(plane, attempts);
    await untilPickersSee(plane, slots);
  }
  expect(open + refused).toBe(attempted);
  expect(Math.max(...plane.pods.map((pod) => pod.highWater))).toBe(2);
  return { attempted, refused, slowest, admissions: await admissionsOf(plane, open) };
}

test(`${rounds} storms of ${slots} upgrades on ${slots} free slots: all admitted, each at the first pod tried`, async ({
  annotate,
}) => {
  const { refused, slowest, admissions } = await fillToTheLastSlot('exact', rounds);
  await annotate(
    `${admissions.length} of ${rounds * slots} admitted, slowest ${(slowest / 1000).toFixed(2)} s`,
  );
  expect(refused).toBe(0);
  const odd = admissions.filter(({ route, attempts }) => route !== 'picked' || attempts !== 1);
  expect(odd).toEqual([]);
});

test('control: edges that find a slot by themselves miss some, and ask more pods than one', async ({
  annotate,
}) => {
  const { attempted, refused, admissions } = await fillToTheLastSlot('shared', 5 * rounds);
  const more = admissions.filter(({ attempts }) => (attempts ?? 0) > 1);
  await annotate(`${refused} of ${attempted} refused, ${more.length} admitted at a later pod`);
  expect(refused).toBeGreaterThan(0);
  expect(more.length).toBeGreaterThan(0);
});

const seconds = 10;

/**
 * 25 attempts a second at three edges, one a second may pass. The least time there can be between two admissions, in
 * milliseconds: an edge decides between the start of an attempt and its 101.
 */
async function oneASecond(admission: 'exact' | 'shared') {
  const plane = await startPlane({
    ...{ serverReplicas: 2, connectionsPerPod: 1000, newConnectionsPerSecond: 1, edgeReplicas: 3, admission },
  });
  // What came before may have been an admission, too.
  await sleep(1000);
  const attempts = await load(plane, { perSecond: 25, seconds });
  const others = attempts.filter(({ status }) => status !== 101 && status !== 429);
  expect(others).toEqual([]);
  const lines = (await admissionsOf(plane, admitted(attempts)))
    .map((line) => ({ from: Date.parse(line.time), to: Date.parse(line.time) + line.duration_ms, ...line }))
    .sort((a, b) => a.from - b.from);
  const gaps = lines.slice(1).map(({ from, to }, n) => {
    const before = lines[n] ?? expect.fail();
    return { atMost: to - before.from, starts: from - before.from };
  });
  return {
    attempts,
    lines,
    /** No gap is longer than this, by whatever part of an attempt an edge took to decide. */
    smallest: Math.min(...gaps.map(({ atMost }) => atMost)),
    smallestOfStarts: Math.min(...gaps.map(({ starts }) => starts)),
    longest: Math.max(...gaps.map(({ starts }) => starts)),
  };
}

/** Times are read in whole milliseconds, once at each end of a gap. */
const readingMs = 2;

test('one a second over three edges: never two within a second, and one in each', async ({ annotate }) => {
  const { lines, smallest, smallestOfStarts, longest, attempts } = await oneASecond('exact');
  await annotate(
    `${lines.length} of ${attempts.length} admitted in ${seconds} s, smallest gap ${smallestOfStarts} ms ` +
      `(by the starts of the attempts; ${smallest} ms with the time to the 101), longest ${longest} ms`,
  );
  expect(lines.filter(({ route }) => route !== 'picked')).toEqual([]);
  expect(smallest).toBeGreaterThanOrEqual(1000 - readingMs);
  expect(lines.length).toBeGreaterThanOrEqual(seconds - 1);
  for (const { status, headers } of attempts) {
    if (status === 429) expect(headers).toMatchObject({ 'x-refusal': 'rate', 'retry-after': '1' });
  }
});

test('control: with a share for each edge, admissions come together', async ({ annotate }) => {
  const { lines, smallest, attempts } = await oneASecond('shared');
  await annotate(`${lines.length} of ${attempts.length} admitted, smallest gap at most ${smallest} ms`);
  expect(smallest).toBeLessThan(500);
});

test('two edges that ask different pickers admit together what one picker would', async ({ annotate }) => {
  let edges = 0;
  const plane = await startPlane({
    ...{ serverReplicas: 2, connectionsPerPod: 1000, newConnectionsPerSecond: 1, edgeReplicas: 2 },
    admission: 'exact',
    patch: (bootstrap) => {
      const { endpoints } = pickerCluster(bootstrap).load_assignment as { endpoints: { priority: number }[] };
      if (edges++ === 1) for (const endpoint of endpoints) endpoint.priority = 1 - endpoint.priority;
    },
  });
  await sleep(1000);
  const attempts: ReturnType<typeof attempt>[] = [];
  for (const endAt = performance.now() + seconds * 1000; performance.now() < endAt; await sleep(10)) {
    attempts.push(attempt(edgeUrl(plane, 0)), attempt(edgeUrl(plane, 1)));
  }
  const some = admitted(await Promise.all(attempts));
  await annotate(`${some} of ${attempts.length} admitted in ${seconds} s`);
  // Both at once at the start, and perhaps again: each hears of the other's a moment later.
  expect(some).toBeLessThanOrEqual(seconds + 4);
  expect(some).toBeGreaterThanOrEqual(seconds - 2);
});

const roomy: PlaneOptions = {
  ...{ serverReplicas: 2, connectionsPerPod: 1000, edgeReplicas: 3, newConnectionsPerSecond: 9 },
  ...{ admission: 'exact', pickerTimeout: 'real' },
};

test('both pickers killed: edges go on by their share within a second, and ask again once they are back', async ({
  annotate,
}) => {
  const plane = await startPlane(roomy);
  let done = false;
  const statuses: { status: number; milliseconds: number }[] = [];
  const attempts = (async () => {
    const running: Promise<unknown>[] = [];
    for (let i = 0; !done; i++) {
      running.push(
        attempt(edgeUrl(plane, i)).then(({ status, milliseconds, socket }) => {
          statuses.push({ status, milliseconds });
          socket?.close();
        }),
      );
      await sleep(40);
    }
    await Promise.all(running);
  })();
  const admissions = (route: string, from: number, to = Number.POSITIVE_INFINITY) =>
    plane.accessLog.filter((line) => {
      const at = Date.parse(line.time);
      return isAdmission(line) && line.route === route && at > from && at <= to;
    });
  await until(
    () => admissions('picked', 0).length > 10,
    () => 'the picker admits',
  );
  const killedAt = Date.now();
  for (const picker of plane.pickers) picker.kill('SIGKILL');
  await sleep(4000);
  const startedAt = Date.now();
  await Promise.all(plane.pickers.map((_, n) => plane.startPicker(n)));
  await until(
    () => admissions('picked', startedAt).length > 10,
    () => 'the picker admits again',
  );
  done = true;
  await attempts;

  const byShare = admissions('upgrade', killedAt, startedAt);
  const firstMs = Math.min(...byShare.map(({ time }) => Date.parse(time))) - killedAt;
  const backMs = Math.min(...admissions('picked', startedAt).map(({ time }) => Date.parse(time))) - startedAt;
  const slowest = Math.max(...statuses.map(({ milliseconds }) => milliseconds));
  await annotate(
    `first by the share ${firstMs} ms after the kill, ${byShare.length} in 4 s; by the picker again ` +
      `${backMs} ms after the start; slowest of ${statuses.length} answers ${Math.round(slowest)} ms`,
  );
  // Within a second on a quiet machine; room for one that is not.
  expect(firstMs).toBeLessThan(2000);
  // A share of 3 a second each, for 4 s.
  expect(byShare.length).toBeGreaterThan(20);
  expect(backMs).toBeLessThan(10_000);
  expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set([101, 429]));
  await pickersReady(plane);
  expect((await attempt(edgeUrl(plane, 0))).status).toBeOneOf([101, 429]);
});
