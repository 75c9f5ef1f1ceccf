import type { ProcessAction } from '@envoy-poc/console';
import type { Child } from './child.ts';
import type { DataPlane } from './data-plane.ts';
import { RefusedError } from './errors.ts';

/** The pods, edges and pickers of a run, and who of them takes part. */
export class Members {
  readonly #plane: Pick<DataPlane, 'plan' | 'child'>;
  /** Edges that were told to drain, and not started again since. */
  readonly draining = new Set<string>();

  constructor(plane: Pick<DataPlane, 'plan' | 'child'>) {
    this.#plane = plane;
  }

  /** All that the plan has. */
  names(): string[] {
    const { pods, edges, pickers } = this.#plane.plan.places;
    const numbered = (kind: string, all: readonly unknown[]) => all.map((_, i) => `${kind}-${i + 1}`);
    return [...numbered('pod', pods), ...numbered('edge', edges), ...numbered('picker', pickers)];
  }

  /** Whether somebody does its work: not killed, paused or told to drain. */
  serve(name: string): boolean {
    const child = this.#plane.child(name);
    return child?.running === true && !child.paused && !this.draining.has(name);
  }

  /** Somebody who does not; undefined: all do. */
  absent(): string | undefined {
    return this.names().find((name) => !this.serve(name));
  }

  /** @throws {RefusedError} when somebody does not take part */
  needAll(): void {
    const absent = this.absent();
    if (absent === undefined) return;
    const next = this.#plane.child(absent)?.paused ? 'resume' : 'start';
    throw new RefusedError(`${absent} does not take part: ${next} it first`);
  }

  /**
   * The process to which something can be done.
   * @throws {RefusedError} when it cannot
   */
  allow(what: ProcessAction['action'], name: string): Child {
    const child = this.names().includes(name) ? this.#plane.child(name) : undefined;
    if (!child) throw new RefusedError(`process ${name}: must be one of ${this.names().join(', ')}`);
    const why = this.#against(what, name, child);
    if (why !== undefined) throw new RefusedError(`${name} ${why}`);
    return child;
  }

  #against(what: ProcessAction['action'], name: string, child: Child): string | undefined {
    const draining = this.draining.has(name);
    if (what === 'start') {
      if (child.paused) return 'is paused: resume it';
      return child.running && !draining ? 'runs: there is nothing to start' : undefined;
    }
    if (!child.running) return 'was killed: start it first';
    if (what === 'resume') return child.paused ? undefined : 'is not paused: there is nothing to resume';
    if (what !== 'kill' && child.paused) return 'is paused: resume it first';
    const isEdge = (one: string) => one.startsWith('edge-');
    if (what === 'drain' && !isEdge(name)) return 'cannot be drained: only edges can, such as edge-1';
    if (what === 'drain' && draining) return 'drains already: start it to bring it back';
    const others = this.names().filter((other) => isEdge(other) && other !== name);
    const isLast = isEdge(name) && this.serve(name) && !others.some((other) => this.serve(other));
    return isLast ? 'is the last edge that clients can use: bring another one back first' : undefined;
  }
}
