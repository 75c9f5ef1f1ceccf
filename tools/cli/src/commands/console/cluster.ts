import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConsoleServer, startConsole } from '@envoy-poc/console';
import { ports, type Workload } from '@envoy-poc/layers/workloads';
import pMap from 'p-map';
import { CheckError } from '#runtime';
import { accessLogLine, Evidence, Observer, type RunEvent } from '../start/index.ts';
import type { Kubernetes } from '../verify/observed/kubernetes.ts';
import { CLOCK_MS } from '../verify/observed/logs.ts';
import { serverGauges } from '../verify/observed/metrics.ts';
import { Tunnels } from '../verify/observed/tunnel.ts';
import { EdgeLimits } from '../why/edge-limits.ts';
import { LogFollower, type LogLine } from './follow-log.ts';
import { isRolling, type Terms, termsOf } from './limits.ts';
import { listMembers, type Member } from './members.ts';
import { observedOf, setupOf } from './parts.ts';
import { checkRights } from './rights.ts';
import { openBefore } from './upgrades.ts';

export interface ClusterOptions {
  readonly kubernetes: Kubernetes;
  readonly namespace: string;
  /** What is watched, in words for the page. */
  readonly place: string;
  /** What the workloads layer publishes, where that is known. */
  readonly published?: Terms;
  /** Of 127.0.0.1, for the page; 0: nobody is to look at it. */
  readonly port: number;
  readonly onEvent: (event: RunEvent) => void;
  /** Told when the API server stops to answer, and when it answers again. */
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Between two looks at which pods there are, in milliseconds. */
const PODS_EVERY_MS = 2000;

/** Between two questions to a pod, and between two states, in milliseconds. */
const LOOK_EVERY_MS = 1000;

/** One answer of a pod, in milliseconds. */
const ANSWER_MS = 3000;

/** An answer of the API server, in milliseconds. */
const LIST_MS = 10_000;

/** Pods that are asked at once. */
const AT_ONCE = 16;

/** A line is here so long after it was written, in milliseconds: by a kubelet, an API server and a network. */
const LOG_DELAY_MS = 3000;

/** Who did not answer for so long may have lost its streams too, in milliseconds. */
const LOST_MS = 5000;

/** Lines of edges that old are from before, in milliseconds: the clocks of nodes differ a little. */
const FIRST_MS = 2000;

const kinds = { server: 'pods', edge: 'edges', picker: 'pickers' } as const;

/** Where a workload says how it is. */
const questions = {
  server: { port: ports.server, path: '/metrics' },
  edge: { port: ports.edgeStats, path: '/ready' },
  picker: { port: ports.picker, path: '/healthz' },
} as const;

/**
 * Serves the console of a platform that runs in a cluster, until the signal is aborted: pods and logs come from the API
 * server, metrics through port-forwards.
 *
 * @param onServing told the page
 * @throws {CheckError} when it cannot be watched from the start
 */
export async function serveCluster(
  options: ClusterOptions,
  onServing: (page: Pick<ConsoleServer, 'url' | 'recorder'>) => void,
): Promise<void> {
  const watch = new ClusterWatch(options);
  try {
    onServing(await watch.start());
    await watch.untilAborted();
  } finally {
    await watch.close();
  }
}

class ClusterWatch {
  readonly #options: ClusterOptions;
  readonly #tunnels: Tunnels;
  readonly #followers = new Map<string, LogFollower>();
  /** Names of pods by address, also of those that are gone. */
  readonly #names = new Map<string, string>();
  readonly #edgeLimits = new EdgeLimits();
  /** What explanations take for granted. */
  readonly #told = {
    limitsOf: (edge: string, atMs: number) => this.#edgeLimits.at(edge, atMs),
    nameOf: (address: string) => this.#names.get(address.split(':')[0] ?? '') ?? address,
  };
  readonly #evidence = new Evidence(this.#told);
  /** The last line of each edge's log that was read before it is followed. */
  #lastRead: ReadonlyMap<string, LogLine> = new Map();
  #members: Member[] = [];
  #terms: Terms | undefined;
  #observer: Observer | undefined;
  #page: ConsoleServer | undefined;
  /** By how much the cluster's clock is ahead of this one. */
  #aheadMs = 0;
  #startedAt = 0;
  /** When the API server answered last, by this clock, and whether it has failed to since. */
  #heardAt = Date.now();
  #isSilent = false;
  #listing: Promise<void> | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.#tunnels = new Tunnels(options.kubernetes.config, options.namespace);
  }

  #now(): number {
    return Date.now() + this.#aheadMs;
  }

  /** @throws {CheckError} */
  async start(): Promise<ConsoleServer> {
    const { kubernetes, namespace, port, signal } = this.#options;
    await checkRights(kubernetes, namespace);
    this.#members = await listMembers(kubernetes, namespace);
    if (this.#members.length === 0) {
      throw new CheckError(
        `there are no pods of the platform in namespace ${namespace}`,
        'npx nx run workloads:deploy, or name another namespace with --namespace',
      );
    }
    this.#nameAll();
    this.#terms = await termsOf(this.#members, this.#options);
    this.#noteLimits(this.#terms);
    this.#startedAt = this.#now();
    const { open, last, aheadMs } = await openBefore(this.#of('edge'), {
      ...{ config: kubernetes.config, namespace, signal },
      onLine: (name, line, text) => this.#evidence.edgeLine(name, line, text),
    });
    this.#lastRead = last;
    this.#aheadMs = aheadMs;
    this.#startedAt += aheadMs;
    const setup = await this.#setup(this.#terms);
    const observer = new Observer({
      ...observedOf(this.#members, this.#terms),
      ...{ ranBefore: true, clockMs: CLOCK_MS },
      emit: (event) => this.#emit(event),
      loggedUntil: () => this.#loggedUntil(),
      now: () => this.#now(),
    });
    this.#observer = observer;
    this.#page = await startConsole({
      ...{ port, setup, state: () => observer.state() },
      log: (requestId) => this.#evidence.of(requestId),
      now: () => this.#now(),
    }).catch((error: NodeJS.ErrnoException) => {
      if (error.syscall !== 'listen') throw error;
      const why = error.code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${error.code})`;
      throw new CheckError(`127.0.0.1:${port} ${why}`, 'name another port with --port');
    });
    this.#options.onEvent({ event: 'setup', at: setup.startedAt, setup });
    for (const line of open) observer.openBefore(line);
    this.#followAll();
    await this.#ask();
    this.#heardAt = Date.now();
    return this.#page;
  }

  #emit(event: RunEvent): void {
    if (this.#options.signal.aborted) return;
    this.#options.onEvent(event);
    this.#page?.send(event);
  }

  /** Goes on until the signal is aborted. */
  async untilAborted(): Promise<void> {
    const { signal } = this.#options;
    const aborted = signal.aborted ? Promise.resolve() : once(signal, 'abort');
    const work = [
      this.#repeat(PODS_EVERY_MS, () => this.#list()),
      this.#repeat(LOOK_EVERY_MS, () => this.#ask()),
      this.#repeat(LOOK_EVERY_MS, async () => this.#tell()),
    ];
    // Who does not answer keeps nobody from leaving.
    await Promise.race([aborted, Promise.all(work)]);
  }

  #tell(): void {
    this.#observer?.tick();
    if (this.#observer) this.#emit({ event: 'state', ...this.#observer.state() });
  }

  async #repeat(everyMs: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      await work();
      await sleep(everyMs, undefined, { signal }).catch(() => {});
    }
  }

  async close(): Promise<void> {
    for (const follower of this.#followers.values()) follower.stop();
    await this.#tunnels.close();
    await this.#page?.close();
  }

  #of(workload: Workload): Member[] {
    return this.#members.filter((one) => one.workload === workload);
  }

  #nameAll(): void {
    for (const { ip, name } of this.#members) this.#names.set(ip, name);
  }

  /** An edge keeps its limits for life: others are the start of another one. */
  #noteLimits({ limits }: Terms): void {
    for (const { podName: edge } of this.#of('edge')) {
      if (!this.#edgeLimits.at(edge, 0)) this.#edgeLimits.started({ edge, atMs: 0, limits });
    }
  }

  #setup(terms: Terms) {
    const startedAt = new Date(this.#startedAt).toISOString();
    return setupOf(this.#members, terms, { startedAt, place: this.#options.place, tunnels: this.#tunnels });
  }

  /** Follows the logs of those who came, and no more of those who are gone. */
  #followAll(): void {
    const { kubernetes, namespace } = this.#options;
    for (const { workload, name, podName } of this.#members) {
      if (this.#followers.has(podName)) continue;
      const onLine = (line: LogLine) => this.#line(workload, name, line);
      const place = { config: kubernetes.config, namespace, podName };
      this.#followers.set(podName, new LogFollower(place, onLine, this.#lastRead.get(podName)));
    }
    const there = new Set(this.#members.map(({ podName }) => podName));
    for (const [podName, follower] of this.#followers) {
      if (there.has(podName)) continue;
      follower.stop();
      this.#followers.delete(podName);
      void this.#tunnels.close(podName);
    }
  }

  async #line(workload: Workload, name: string, { text, atMs }: LogLine): Promise<void> {
    const line = workload === 'edge' ? accessLogLine(text) : undefined;
    if (line) this.#evidence.edgeLine(name, line, text);
    else this.#evidence.line(name, text);
    if (workload === 'client' && atMs >= this.#startedAt) this.#observer?.clientLine(name, text);
    if (!line || atMs < this.#startedAt - FIRST_MS) return;
    const [address] = line.upstream?.split(':') ?? [];
    // A pod that has just come.
    if (address !== undefined && !this.#names.has(address)) await this.#list();
    this.#observer?.edgeLine(line);
  }

  /** Up to when all edges have told everything, by the cluster's clock. */
  #loggedUntil(): number {
    const behind = this.#of('edge').flatMap(({ podName, leaving }) =>
      leaving ? [] : (this.#followers.get(podName)?.behindSince ?? []),
    );
    // A stream that brings nothing tells only while somebody answers that it is no dead one.
    return Math.min(this.#heardAt, ...behind) + this.#aheadMs - LOG_DELAY_MS;
  }

  /** Looks which pods there are; who asks while somebody looks gets the same answer. */
  #list(): Promise<void> {
    this.#listing ??= this.#listNow().finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  async #listNow(): Promise<void> {
    const { kubernetes, namespace, progress, signal } = this.#options;
    let members: Member[];
    let terms: Terms | undefined;
    try {
      members = await Promise.race([listMembers(kubernetes, namespace), this.#tooLate()]);
      const changed = JSON.stringify(members) !== JSON.stringify(this.#members);
      terms = changed ? await termsOf(members, this.#options, this.#terms) : undefined;
    } catch (error) {
      if (!(error instanceof CheckError)) throw error;
      if (!signal.aborted && !this.#isSilent)
        progress(`${error.message}; it is asked again until it answers`);
      this.#isSilent = true;
      return;
    }
    if (signal.aborted) return;
    this.#heard();
    if (terms) await this.#change(members, terms);
  }

  #heard(): void {
    if (this.#isSilent) this.#options.progress('the API server answers again');
    if (Date.now() - this.#heardAt > LOST_MS) {
      for (const follower of this.#followers.values()) follower.reconnect(this.#heardAt);
    }
    this.#isSilent = false;
    this.#heardAt = Date.now();
  }

  async #change(members: Member[], terms: Terms): Promise<void> {
    this.#members = members;
    this.#terms = terms;
    this.#noteLimits(terms);
    this.#nameAll();
    this.#observer?.change(observedOf(members, terms), isRolling(members));
    const setup = await this.#setup(terms);
    this.#emit({ event: 'setup', at: new Date(this.#now()).toISOString(), setup });
    this.#followAll();
  }

  async #tooLate(): Promise<never> {
    await sleep(LIST_MS, undefined, { ref: false });
    throw new CheckError(
      `the API server has not answered for ${LIST_MS / 1000} s`,
      'kubectl get --raw /readyz',
    );
  }

  /** Asks every pod how it is; one that ends need not answer. */
  async #ask(): Promise<void> {
    const asked = this.#members.filter(({ workload }) => workload !== 'client');
    await pMap(asked, (member) => this.#askOne(member), { concurrency: AT_ONCE });
  }

  async #askOne(member: Member): Promise<void> {
    const { workload, podName, name, leaving } = member;
    if (workload === 'client' || this.#options.signal.aborted) return;
    const kind = kinds[workload];
    const { port, path } = questions[workload];
    const answer = await this.#fetch(podName, port, path)
      .then((text) => (workload === 'server' ? { words: '', ...serverGauges(text) } : { words: text.trim() }))
      .catch(() => undefined);
    const observer = this.#observer;
    // Meanwhile others may have come or gone.
    const index = this.#of(workload).findIndex((one) => one.name === name);
    if (!observer || index < 0 || (!answer && leaving)) return;
    if (answer && 'open' in answer) observer.gauges(index, answer.open, answer.highWater);
    // An edge whose log is away says nothing of what it does.
    const told = workload !== 'edge' || this.#followers.get(podName)?.live;
    observer.asked(kind, index, answer !== undefined && told === true, answer?.words);
  }

  async #fetch(podName: string, port: number, path: string): Promise<string> {
    const response = await fetch(`http://${await this.#tunnels.to(podName, port)}${path}`, {
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return response.text();
  }
}
