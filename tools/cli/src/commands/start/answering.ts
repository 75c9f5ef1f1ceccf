import type { Silence } from './events.ts';

/** Who is asked how it is. */
export type Kind = 'pods' | 'edges' | 'pickers';

/** Knows who answers when it is asked how it is. All times are epoch milliseconds. */
export class Answering {
  readonly #names: Readonly<Record<Kind, readonly { name: string }[]>>;
  /** When each answered last, whether it has failed to since, and when it failed to last. */
  readonly #answers: Record<Kind, { at: number; missed: boolean; missedAt: number }[]>;

  constructor(names: Readonly<Record<Kind, readonly { name: string }[]>>, startedAt: number) {
    const fresh = () => ({ at: startedAt, missed: false, missedAt: Number.NEGATIVE_INFINITY });
    const { pods, edges, pickers } = names;
    this.#names = names;
    this.#answers = { pods: pods.map(fresh), edges: edges.map(fresh), pickers: pickers.map(fresh) };
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
