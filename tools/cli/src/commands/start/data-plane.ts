import { setTimeout as sleep } from 'node:timers/promises';
import { drainHeader } from '@envoy-poc/edge';
import { sample } from '#runtime/prometheus';
import { type EdgePlace, show } from './addresses.ts';
import type { Child } from './child.ts';
import { type Group, type Part, type Plan, partsOf, type Starting } from './parts.ts';

export interface DataPlaneOptions extends Starting {
  /** Told each process that is started, before it runs. */
  onStart: (part: Part) => void;
  /** No process is started once this is aborted. */
  signal: AbortSignal;
}

interface Running {
  part: Part;
  child: Child;
}

/** Longest time that a process has to end by itself, in seconds. */
const stopSeconds = 5;

/** Longest wait for the clients of an edge to leave it, in seconds. */
const leaveSeconds = 4;

/** Part of the pods that start again at the same time. */
const podsAtOnce = 1 / 4;

/** The processes of a run, which follow a plan that may change. */
export class DataPlane {
  readonly #options: DataPlaneOptions;
  readonly #running = new Map<string, Running>();
  #plan: Plan;

  constructor(plan: Plan, options: DataPlaneOptions) {
    this.#plan = plan;
    this.#options = options;
  }

  get plan(): Plan {
    return this.#plan;
  }

  /** A process by its name; undefined: it was never started, or the plan has it no more. */
  child(name: string): Child | undefined {
    return this.#running.get(name)?.child;
  }

  /** The processes of a group, those that were ended among them. */
  children(group: Group): Child[] {
    return [...this.#running.values()].filter(({ part }) => part.group === group).map(({ child }) => child);
  }

  /** Process id; 0: it does not run. */
  pid(name: string): number {
    const child = this.child(name);
    return child?.running ? child.pid : 0;
  }

  /**
   * Starts pickers, pods and edges and waits until they are ready, and tells what is.
   * @throws {ChildError} naming the one that ended or was not ready
   */
  async startServing(progress: (line: string) => void): Promise<void> {
    const { places } = this.#plan;
    // A picker knows the pods that tell it of themselves, so that it is ready after them.
    const pickers = this.#start(this.#parts('pickers'));
    await ready(this.#start(this.#parts('pods')), this.#counts());
    progress(`pods     ${places.pods.map(show).join(' ')}`);
    await ready(pickers, this.#counts());
    if (places.pickers.length > 0)
      progress(`pickers  ${places.pickers.map(({ decisions }) => show(decisions)).join(' ')}`);
    await ready(this.#start(this.#parts('edges')), this.#counts());
    progress(`edges    ${places.edges.map(({ ingress }) => `ws://${show(ingress)}/`).join(' ')}`);
    progress(
      `stats    ${places.edges.map(({ stats }) => `http://${show(stats)}/stats/prometheus`).join(' ')}`,
    );
  }

  /**
   * Starts the clients and waits until they run.
   * @throws {ChildError}
   */
  async startClients(progress: (line: string) => void): Promise<void> {
    const clients = this.#start(this.#parts('clients'));
    await ready(clients, this.#counts());
    const { connectionsPerClient: connections, attemptIntervalSeconds: interval } = this.#plan.options;
    progress(
      `clients  ${clients.length}, each wants ${connections} connections and attempts once in ${interval} s`,
    );
  }

  /**
   * Follows another plan: starts again who is told something else by it, starts who is new, ends who is no more in it.
   * `rolling`: edges and pickers one after the other, pods a quarter at a time, and edges are drained first.
   * @throws {ChildError} when one is not ready, or when the run ends
   */
  async follow(plan: Plan, pace: 'rolling' | 'at once'): Promise<void> {
    this.#plan = plan;
    const parts = partsOf(plan, this.#options);
    const changed = (group: Group) =>
      parts.filter((part) => {
        const now = this.#running.get(part.name);
        return part.group === group && now?.part.told !== part.told;
      });
    const rolling = pace === 'rolling';
    // The one that all edges ask last.
    const pickers = changed('pickers').reverse();
    if (rolling)
      for (const picker of pickers) await ready(await this.#restart([picker], false), this.#counts());
    const started = rolling ? [] : await this.#restart(pickers, false);
    const pods = changed('pods');
    const podsInTurn = rolling ? Math.max(1, Math.ceil(plan.places.pods.length * podsAtOnce)) : pods.length;
    for (const some of chunks(pods, podsInTurn))
      await ready(await this.#restart(some, false), this.#counts());
    await ready(started, this.#counts());
    const edges = changed('edges');
    for (const some of chunks(edges, rolling ? 1 : edges.length))
      await ready(await this.#restart(some, rolling), this.#counts());
    await ready(await this.#restart(changed('clients'), false), this.#counts());
    const gone = [...this.#running.values()].filter(
      ({ part }) => !parts.some(({ name }) => name === part.name),
    );
    await Promise.all(gone.map((one) => this.#end(one, false)));
    for (const { part } of gone) this.#running.delete(part.name);
  }

  /**
   * Starts a process again as the plan says, whether it runs or not.
   * @throws {ChildError} when it is not ready
   */
  async startAgain(name: string): Promise<void> {
    const part = partsOf(this.#plan, this.#options).filter((one) => one.name === name);
    await ready(await this.#restart(part, false), this.#counts());
  }

  /** Asks an edge to drain, as a cluster does; does not wait until it has. */
  drain(name: string): void {
    const at = this.#edgePlace(name);
    if (!at) return;
    const headers = { [drainHeader.name]: drainHeader.value };
    // Answered when the drain time is over, or when the edge ends before.
    fetch(`http://${show(at.lifecycle)}/drain`, { headers, signal: this.#options.signal }).catch(() => {});
  }

  /** Ends clients, then edges, then pods, then pickers; nothing is left when it returns. */
  async stop(): Promise<void> {
    for (const group of ['clients', 'edges', 'pods'] as const) {
      await Promise.all(this.children(group).map((child) => child.stop(stopSeconds)));
    }
    // They would wait for edges to turn to another one.
    await Promise.all(this.children('pickers').map((picker) => picker.stop(0)));
  }

  #parts(group: Group): Part[] {
    return partsOf(this.#plan, this.#options, group);
  }

  /** How many of those in the plan answer. */
  #counts() {
    const { pods, pickers } = this.#plan.places;
    const answering = (all: readonly unknown[], kind: string) =>
      all.filter((_, i) => {
        const child = this.child(`${kind}-${i + 1}`);
        return child?.running && !child.paused;
      }).length;
    return { pods: answering(pods, 'pod'), pickers: answering(pickers, 'picker') };
  }

  #edgePlace(name: string): EdgePlace | undefined {
    return this.#plan.places.edges[Number(name.replace('edge-', '')) - 1];
  }

  #start(parts: readonly Part[]): Running[] {
    // Whoever ends the run ends what was started before.
    this.#options.signal.throwIfAborted();
    return parts.map((part) => {
      this.#options.onStart(part);
      const running = { part, child: part.start() };
      this.#running.set(part.name, running);
      return running;
    });
  }

  async #restart(parts: readonly Part[], drained: boolean): Promise<Running[]> {
    const before = parts.flatMap(({ name }) => this.#running.get(name) ?? []);
    await Promise.all(before.map((one) => this.#end(one, drained)));
    return this.#start(parts);
  }

  /** Ends a process; an edge is left by its clients first, if it is drained. */
  async #end({ part, child }: Running, drained: boolean): Promise<void> {
    const at = part.group === 'edges' ? this.#edgePlace(part.name) : undefined;
    if (drained && at && child.running) {
      this.drain(part.name);
      const endMs = Date.now() + leaveSeconds * 1000;
      while (child.running && Date.now() < endMs && !(await isLeft(at).catch(() => false))) await sleep(100);
    }
    await child.stop(part.group === 'pickers' ? 0 : stopSeconds);
  }
}

async function ready(started: readonly Running[], counts: { pods: number; pickers: number }): Promise<void> {
  await Promise.all(started.map(({ part, child }) => part.ready(child, counts)));
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

/** Whether an edge has no WebSockets any more. */
async function isLeft(at: EdgePlace): Promise<boolean> {
  const url = `http://${show(at.stats)}/stats/prometheus?filter=downstream_cx_upgrades_active`;
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
  const open = sample(
    await response.text(),
    'envoy_http_downstream_cx_upgrades_active{envoy_http_conn_manager_prefix="ingress"}',
  );
  return open === 0;
}
