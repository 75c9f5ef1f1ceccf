import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { exponential, shuffled } from '../simulator/random.ts';
import type { Setting } from '../simulator/setting.ts';
import { attempt } from './attempt.ts';
import { type Surroundings, startFleet } from './fleet.ts';

/** Time from a refusal to the client's next attempt, as in the simulator. */
const RETRY_AFTER_MS = 1000;

/** What became of real upgrades while some slot was free. */
export interface Measured {
  servable: number;
  served: number;
  /** Answers that were neither 101 nor "full": none, if all goes well. */
  odd: number;
  /** 99 % of the time this process, which answers the checks, was late by less, in seconds. */
  lateSeconds: number;
}

/** The simulator's churn with real connections. */
export async function measure(setting: Setting, surroundings: Surroundings): Promise<Measured> {
  const { random } = surroundings;
  await using fleet = await startFleet(setting, surroundings);
  const slots = setting.pods * setting.slotsPerPod;
  const freeSlots = () => slots - fleet.pods.reduce((sum, pod) => sum + pod.openConnections, 0);
  const open = await fill(fleet.podUrls, setting, random);
  const { intervalSeconds = 0, fullIntervalSeconds = intervalSeconds } = setting.checks ?? {};
  await sleep(2000 * Math.max(intervalSeconds, fullIntervalSeconds));

  const result: Measured = { servable: 0, served: 0, odd: 0, lateSeconds: 0 };
  const countFrom = performance.now() + setting.warmUpSeconds * 1000;
  const end = countFrom + setting.seconds * 1000;
  const late = monitorEventLoopDelay();
  late.enable();
  const under = new Set<Promise<void>>();
  const come = () => {
    const coming = comeUntilServed();
    under.add(coming);
    void coming.finally(() => under.delete(coming));
  };
  async function comeUntilServed(): Promise<void> {
    while (performance.now() < end) {
      const began = performance.now();
      const wasFree = freeSlots() > 0;
      const { status, socket } = await attempt(
        fleet.edgeUrls[Math.floor(random() * fleet.edgeUrls.length)] ?? '',
      );
      if (began >= countFrom) {
        if (status !== 101 && status !== 503) result.odd++;
        else if (status === 101 || (wasFree && freeSlots() > 0)) result.servable++;
        if (status === 101) result.served++;
      }
      if (socket) return void open.push(socket);
      await sleep(RETRY_AFTER_MS);
    }
  }
  for (let next = performance.now(); next < end; ) {
    next += exponential(random, setting.admissionsPerSecond) * 1000;
    await sleep(Math.max(0, next - performance.now()));
    const place = Math.floor(random() * open.length);
    const [leaving] = open.splice(place, 1);
    if (!leaving) continue;
    leaving.terminate();
    come();
  }
  await Promise.all(under);
  result.lateSeconds = late.percentile(99) / 1e9;
  for (const socket of open) socket.terminate();
  return result;
}

/** Takes all slots but the free ones, past the edges. */
async function fill(
  podUrls: readonly string[],
  setting: Setting,
  random: () => number,
): Promise<WebSocket[]> {
  const slots = podUrls.flatMap((url) => Array.from({ length: setting.slotsPerPod }, () => url));
  const taken = shuffled(slots, random).slice(setting.freeSlots);
  const outcomes = await Promise.all(taken.map((url) => attempt(url)));
  const open = outcomes.flatMap(({ socket }) => socket ?? []);
  if (open.length < taken.length)
    throw new Error(`${taken.length - open.length} pods refused a first connection`);
  return open;
}
