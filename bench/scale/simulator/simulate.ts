import TinyQueue from 'tinyqueue';
import { CheckTimes } from './checks.ts';
import { Edge } from './edge.ts';
import { Picker } from './picker.ts';
import { exponential, randomOf, shuffled } from './random.ts';
import type { Outcome, Setting } from './setting.ts';

/** Time from a refusal to the client's next attempt: `retry-after`, in seconds. */
const RETRY_AFTER_SECONDS = 1;

/** Longest waits before the second try, the third and so on (`retry_back_off` of libs/edge), in seconds. */
const BACK_OFF_SECONDS = [0.005, 0.01, 0.02];

interface Attempt {
  readonly id: number;
  readonly began: number;
  readonly edge: Edge;
  readonly worker: number;
  /** What the picker named and was not tried yet. */
  readonly named: number[];
  readonly tried: Set<number>;
  tries: number;
}

/** Runs a fleet for `warmUpSeconds` and `seconds`. Pure: the same setting has the same outcome. */
export function simulate(setting: Setting): Outcome {
  const { pods, slotsPerPod, freeSlots, checks, reports, hopSeconds = 0.0005 } = setting;
  const random = randomOf(setting.seed);
  const queue = new TinyQueue<{ at: number; run: () => void }>([], (a, b) => a.at - b.at);
  const end = setting.warmUpSeconds + setting.seconds;
  let now = 0;
  const later = (seconds: number, run: () => void) => queue.push({ at: now + seconds, run });

  const taken = new Uint16Array(pods);
  const away = new Uint8Array(pods);
  /** The pod of each open connection. */
  const open: number[] = [];
  let free = pods * slotsPerPod;
  let lastWithoutFree = Number.NEGATIVE_INFINITY;
  const isFull = (pod: number) => away[pod] === 1 || (taken[pod] as number) >= slotsPerPod;

  const numbers = Array.from({ length: pods }, (_, pod) => pod);
  const edges = Array.from({ length: setting.edges }, () => {
    const list = setting.order === 'own' ? shuffled(numbers, random) : numbers;
    return new Edge(list, setting.workers, checks, random);
  });
  const times = checks && new CheckTimes(checks, setting.edges, pods, random);
  const pending = new Uint8Array(setting.edges * pods);

  const slots = Array.from({ length: pods * slotsPerPod }, (_, slot) => Math.floor(slot / slotsPerPod));
  for (const pod of shuffled(slots, random).slice(freeSlots)) {
    taken[pod] = (taken[pod] as number) + 1;
    open.push(pod);
    free--;
  }
  if (checks) for (const edge of edges) for (let pod = 0; pod < pods; pod++) edge.learn(pod, isFull(pod));
  const word = (pod: number) => ({ taken: taken[pod] as number, away: away[pod] === 1 });
  const picker =
    reports && new Picker(reports, { pods, slotsPerPod, word }, { now: () => now, later }, random);

  const outcome: Outcome = {
    servable: 0,
    servedWithin: Array.from({ length: setting.tries }, () => 0),
    unservable: 0,
  };

  /** Edges find out at their next check of the pod, the picker by its report. */
  function changed(pod: number, opened?: string): void {
    if (free === 0) lastWithoutFree = now;
    picker?.report(pod, word(pod), opened);
    for (const [index, edge] of edges.entries()) {
      const at = index * pods + pod;
      if (!times || pending[at] === 1 || edge.believesFull(pod) === isFull(pod)) continue;
      if (checks?.intervalSeconds === 0) {
        edge.learn(pod, isFull(pod));
        continue;
      }
      pending[at] = 1;
      later(times.next(index, pod, now, edge.believesFull(pod)) - now, () => {
        pending[at] = 0;
        edge.learn(pod, isFull(pod));
      });
    }
  }

  function arrive(attempt: Attempt): void {
    if (!picker) {
      ask(attempt);
      return;
    }
    later(hopSeconds, () => {
      const pods = picker.pick(String(attempt.id));
      if (pods === 'full') {
        refused(attempt);
        return;
      }
      attempt.named.push(...pods);
      later(hopSeconds, () => ask(attempt));
    });
  }

  function ask(attempt: Attempt): void {
    const { edge, worker, named, tried } = attempt;
    const pod = named.shift() ?? edge.choose(worker, tried);
    if (pod === undefined) {
      refused(attempt);
      return;
    }
    later(hopSeconds, () => {
      attempt.tries++;
      if (!isFull(pod)) {
        served(attempt, pod);
        return;
      }
      // A full pod that is asked again about the same upgrade ends the tries.
      if (tried.has(pod) || attempt.tries === setting.tries) {
        refused(attempt);
        return;
      }
      tried.add(pod);
      const most = BACK_OFF_SECONDS[Math.min(attempt.tries, BACK_OFF_SECONDS.length) - 1] as number;
      later(hopSeconds + random() * most, () => ask(attempt));
    });
  }

  function served(attempt: Attempt, pod: number): void {
    count(attempt, true);
    taken[pod] = (taken[pod] as number) + 1;
    free--;
    open.push(pod);
    changed(pod, String(attempt.id));
  }

  function refused(attempt: Attempt): void {
    count(attempt, false);
    later(RETRY_AFTER_SECONDS, come);
  }

  function count({ began, tries }: Attempt, found: boolean): void {
    if (began < setting.warmUpSeconds) return;
    if (free === 0 || lastWithoutFree >= began) {
      outcome.unservable++;
      return;
    }
    outcome.servable++;
    if (!found) return;
    for (let within = tries; within <= setting.tries; within++) {
      outcome.servedWithin[within - 1] = (outcome.servedWithin[within - 1] as number) + 1;
    }
  }

  let attempts = 0;
  function come(): void {
    const edge = edges[Math.floor(random() * edges.length)] as Edge;
    const worker = Math.floor(random() * setting.workers);
    arrive({ id: attempts++, began: now, edge, worker, named: [], tried: new Set(), tries: 0 });
  }

  /** Ends the connection at a place of `open`; its client comes again. */
  function close(place: number): void {
    const pod = open[place] as number;
    const last = open.pop() as number;
    if (place < open.length) open[place] = last;
    if (free === 0) lastWithoutFree = now;
    taken[pod] = (taken[pod] as number) - 1;
    if (away[pod] === 0) free++;
    changed(pod);
    come();
  }

  function churn(): void {
    if (open.length > 0) close(Math.floor(random() * open.length));
    later(exponential(random, setting.admissionsPerSecond), churn);
  }

  function replace(): void {
    const { podLifetimeSeconds = Number.POSITIVE_INFINITY, podAwaySeconds = 0 } = setting;
    const pod = Math.floor(random() * pods);
    if (away[pod] === 0) {
      free -= slotsPerPod - (taken[pod] as number);
      away[pod] = 1;
      for (let place = open.length - 1; place >= 0; place--) if (open[place] === pod) close(place);
      changed(pod);
      later(podAwaySeconds, () => {
        away[pod] = 0;
        free += slotsPerPod;
        changed(pod);
      });
    }
    later(exponential(random, pods / podLifetimeSeconds), replace);
  }

  later(exponential(random, setting.admissionsPerSecond), churn);
  if (setting.podLifetimeSeconds !== undefined) {
    later(exponential(random, pods / setting.podLifetimeSeconds), replace);
  }
  for (let event = queue.pop(); event && event.at <= end; event = queue.pop()) {
    now = event.at;
    event.run();
  }
  return outcome;
}
