import type { Limits } from '@envoy-poc/edge';

/** What an edge was started with. */
export interface EdgeStart {
  readonly edge: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** Undefined: it does not keep any, as it is set up wrongly on purpose. */
  readonly limits?: Limits | undefined;
}

/** The limits that each edge keeps, which are those of its start. */
export class EdgeLimits {
  readonly #starts = new Map<string, EdgeStart[]>();

  constructor(starts: readonly EdgeStart[] = []) {
    for (const start of starts) this.started(start);
  }

  /** An edge has started, after all other starts of it. */
  started(start: EdgeStart): void {
    this.#starts.set(start.edge, [...(this.#starts.get(start.edge) ?? []), start]);
  }

  /** Those of an edge at a time in epoch milliseconds; undefined: nobody knows. */
  at(edge: string, atMs: number): Limits | undefined {
    return this.#starts.get(edge)?.findLast((start) => start.atMs <= atMs)?.limits;
  }
}
