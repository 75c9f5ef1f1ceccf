import type { Silence } from './events.ts';

/** Who is asked how it is. */
export type Kind = 'pods' | 'edges' | 'pickers';

/** All who are asked, by name. */
type Names = Readonly<Record<Kind, readonly { name: string }[]>>;

/** Knows who answers when it is asked how it is. All times are epoch milliseconds. */
export class Answering {
  #names: Names = { pods: [], edges: [], pickers: [] };
  /** When each answered last, whether it has failed to since, and when it failed to last. */
  #answers: Record<Kind, { at: number; missed: boolean; missedAt: number }[]> = {
    ...{ pods: [], edges: [], pickers: [] },
  };

  constructor(names: Names, startedAt: number) {
    this.change(names, startedAt);
  }

  /** Others are asked from now on; what is known of those who stay is kept. */
  change({ pods, edges, pickers }: Names, now: number): void {
    const of = (kind: Kind, names: readonly { name: string }[]) =>
      names.map(({ name }) => {
        const known = this.#answers[kind][this.#names[kind].findIndex((one) => one.name === name)];
        return known ?? { at: now, missed: false, missedAt: Number.NEGATIVE_INFINITY };
      });
    this.#answers = {
      ...{ pods: of('pods', pods), edges: of('edges', edges), pickers: of('pickers', pickers) },
    };
    this.#names = { pods, edges, pickers };
  }

  /** Whether somebody who was asked gave an answer. */
  asked(kind: Kind, index: number, answered: boolean, now: number): void {
    const answers = this.#answers[kind][index];
    if (!answers) return;
    answers.missed = !answered;
    if (answered) answers.at = now;
    else answers.missedAt = now;
  }

  /** Those who did not answer the last question. */
  silent(kind: Kind, now: number): Silence[] {
    return this.#names[kind].flatMap(({ name }, i) => {
      const answers = this.#answers[kind][i];
      return answers?.missed ? [{ name, seconds: (now - answers.at) / 1000 }] : [];
    });
  }

  /** When somebody failed to answer last; `-Infinity`: never. */
  missedAt(kind: Kind, index: number): number {
    return this.#answers[kind][index]?.missedAt ?? Number.NEGATIVE_INFINITY;
  }
}
