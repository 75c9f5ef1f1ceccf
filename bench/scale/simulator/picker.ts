import { Decider } from '@envoy-poc/endpoint-picker';
import type { Reports } from './setting.ts';

/** Time from one report of a pod to the next where nothing changes, in seconds. */
const REPORT_SECONDS = 1;

/** Parts of that time; in each a part of the pods reports. */
const PARTS = 10;

const PORT = 8080;

/** What a pod says, at the moment it does. */
interface Word {
  readonly taken: number;
  /** It is gone, and says nothing. */
  readonly away: boolean;
}

/** The endpoint picker with its own code, fed by reports that take their time. */
export class Picker {
  readonly #decider: Decider;
  readonly #reports: Reports;
  readonly #slotsPerPod: number;
  readonly #random: () => number;
  readonly #later: (seconds: number, run: () => void) => void;
  readonly #now: () => number;
  readonly #streams: { number: number }[];

  constructor(
    reports: Reports,
    fleet: { pods: number; slotsPerPod: number; word: (pod: number) => Word },
    clock: { now: () => number; later: (seconds: number, run: () => void) => void },
    random: () => number,
  ) {
    this.#reports = reports;
    this.#slotsPerPod = fleet.slotsPerPod;
    this.#random = random;
    this.#now = () => clock.now() * 1000;
    this.#later = clock.later;
    // What is measured is whether slots are found; a rate would refuse for another reason.
    const settings = { newConnectionsPerSecond: Number.POSITIVE_INFINITY, settleSeconds: 0 };
    this.#decider = new Decider(settings, random, this.#now(), { heard: () => {}, gone: () => {} });
    this.#streams = Array.from({ length: fleet.pods }, (_, pod) => ({ number: pod }));
    for (let pod = 0; pod < fleet.pods; pod++) this.#hear(pod, fleet.word(pod));
    let part = 0;
    const round = () => {
      const words: [number, Word][] = [];
      for (let pod = part; pod < fleet.pods; pod += PARTS) words.push([pod, fleet.word(pod)]);
      part = (part + 1) % PARTS;
      this.#later(reports.delaySeconds, () => {
        for (const [pod, word] of words) this.#hear(pod, word);
      });
      this.#decider.tick(this.#now());
      this.#later(REPORT_SECONDS / PARTS, round);
    };
    round();
  }

  /** A pod says at once that something has changed; `opened`: the request that has just taken a slot. */
  report(pod: number, word: Word, opened?: string): void {
    if (this.#random() < (this.#reports.lost ?? 0)) return;
    this.#later(this.#reports.delaySeconds, () => this.#hear(pod, word, opened));
  }

  /** The pods to try, in order; none: it does not know, and the edge chooses by itself. */
  pick(requestId: string): number[] | 'full' {
    const answer = this.#decider.decide({ requestId }, this.#now());
    if (answer.kind === 'picked') return answer.endpoints.map(Number);
    return answer.kind === 'full' ? 'full' : [];
  }

  #hear(pod: number, { taken, away }: Word, opened?: string): void {
    const stream = this.#streams[pod] as { number: number };
    if (away) {
      this.#decider.book.ended(stream, String(pod));
      return;
    }
    const report = { port: PORT, limit: this.#slotsPerPod, taken, draining: false };
    this.#decider.report(
      stream,
      String(pod),
      opened === undefined ? report : { ...report, opened },
      this.#now(),
    );
  }
}
