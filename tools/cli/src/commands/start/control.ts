import { setTimeout as sleep } from 'node:timers/promises';
import type { Action, ActionResult, ChangeableLimits, ProcessAction, TourStep } from '@envoy-poc/console';
import { allAddresses, show } from './addresses.ts';
import type { Child } from './child.ts';
import type { DataPlane } from './data-plane.ts';
import { PortTakenError, RefusedError } from './errors.ts';
import { Members } from './members.ts';
import { type Options, optionFaults } from './options.ts';
import { type Plan, planOf } from './parts.ts';
import { checkFree } from './ports.ts';
import { outcomeWords, storm } from './storm.ts';
import { type Stage, steps } from './tour.ts';
import type { Watch } from './watch.ts';

/** Upgrades of one storm. */
const MOST_ATTEMPTS = 2000;

export interface ControlOptions {
  plane: Pick<DataPlane, 'plan' | 'child' | 'follow' | 'startAgain' | 'drain'>;
  watch: Pick<Watch, 'state' | 'mark' | 'hold' | 'follow' | 'tour'>;
  /** First two numbers of the loopback addresses. */
  network: string | undefined;
  /** Told when who runs, or a limit, has changed. */
  onChange: () => Promise<void>;
  /** Told of a fault of an action that leaves the run as nobody wants it. */
  onFault: (error: unknown) => void;
  /** Aborted when the run is over. */
  signal: AbortSignal;
}

/** Does to a run what a person asks for on the page, one action at a time. */
export class Control {
  readonly #options: ControlOptions;
  #doing: { what: string; done: Promise<unknown> } | undefined;
  readonly #members: Members;
  /** The step of the tour that is broken, and the plan before it. */
  #broken: { step: TourStep; before: Plan } | undefined;

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#members = new Members(options.plane);
  }

  /** Never changes anything that it refuses. */
  async act(action: Action): Promise<ActionResult> {
    const { signal, onFault } = this.#options;
    // Who leaves the tour while a step is being broken asks for this at once.
    if (action.action === 'tour' && action.phase === 'mend') await this.idle();
    if (this.#doing) return { refused: `${this.#doing.what} is not done yet: try again in a moment` };
    const done = this.#do(action);
    this.#doing = {
      what: action.action === 'tour' ? `step ${action.step} of the tour` : action.action,
      done,
    };
    try {
      return { done: await done };
    } catch (error) {
      if (error instanceof RefusedError) return { refused: error.message };
      if (signal.aborted) return { refused: 'the run is over' };
      onFault(error);
      throw error;
    } finally {
      this.#doing = undefined;
    }
  }

  /** Resolves when nothing is being done. */
  async idle(): Promise<void> {
    await this.#doing?.done.catch(() => {});
  }

  #do(action: Action): Promise<string> {
    if (this.#broken && action.action !== 'storm' && !(action.action === 'tour' && action.phase === 'mend')) {
      return refuse(`step ${this.#broken.step} of the tour is broken: mend it first`);
    }
    switch (action.action) {
      case 'storm':
        return this.#storm(action.attempts);
      case 'add-client':
        return this.#addClient();
      case 'set':
        return this.#set(action.limits);
      case 'tour':
        return action.phase === 'break' ? this.#break(action.step) : this.#mend(action.step);
      default:
        return this.#toProcess(action.action, action.process);
    }
  }

  async #storm(attempts: number): Promise<string> {
    if (!Number.isInteger(attempts) || attempts < 1 || attempts > MOST_ATTEMPTS) {
      return refuse(`attempts ${attempts}: must be a whole number from 1 to ${MOST_ATTEMPTS}`);
    }
    const { plane, watch, signal } = this.#options;
    watch.mark(`storm of ${attempts} upgrades`);
    return `storm of ${attempts}: ${outcomeWords(await storm({ ...placesOf(plane.plan), attempts, signal }))}`;
  }

  async #toProcess(what: ProcessAction['action'], name: string): Promise<string> {
    const { plane, watch, onChange } = this.#options;
    const child = this.#members.allow(what, name);
    switch (what) {
      case 'kill':
        await kill(child);
        break;
      case 'pause':
        child.kill('SIGSTOP');
        break;
      case 'resume':
        child.kill('SIGCONT');
        break;
      case 'drain':
        this.#members.draining.add(name);
        plane.drain(name);
        break;
      case 'start':
        await plane.startAgain(name);
        this.#members.draining.delete(name);
        break;
    }
    const done = `${name} ${told[what]}`;
    watch.mark(done, { action: what, process: name });
    await onChange();
    // What came of it counts no more once everybody is back.
    if ((what === 'start' || what === 'resume') && this.#members.absent() === undefined)
      watch.follow(plane.plan);
    return done;
  }

  async #addClient(): Promise<string> {
    const { plane, watch } = this.#options;
    const { clientReplicas } = plane.plan.options;
    const next = await this.#planWith({ clientReplicas: clientReplicas + 1 });
    const done = `client-${clientReplicas + 1} added`;
    watch.mark(done);
    await this.#follow(next, 'rolling', done);
    return done;
  }

  async #set(limits: Partial<ChangeableLimits>): Promise<string> {
    const { plane, watch } = this.#options;
    const before = plane.plan.options;
    const next = await this.#planWith(limits);
    const keys = Object.keys(limits) as (keyof ChangeableLimits)[];
    const changed = keys.filter((key) => before[key] !== next.options[key]);
    const words = changed.map((key) => `${key} ${before[key]} → ${next.options[key]}`).join(', ');
    if (words === '') return refuse('these are the limits already: there is nothing to change');
    this.#members.needAll();
    watch.mark(words);
    await this.#follow(next, 'rolling', `changing: ${words}`);
    return words;
  }

  /** @throws {RefusedError} when the options cannot be */
  async #planWith(changes: Partial<Options>): Promise<Plan> {
    const { plane, network } = this.#options;
    const options = { ...plane.plan.options, ...changes };
    const faults = optionFaults(options).map(
      ({ key, message }) => `${key} ${options[key as keyof Options]}: ${message}`,
    );
    if (faults.length > 0) throw new RefusedError([...new Set(faults)].join('; '));
    const next = planOf(options, network);
    const known = new Set(allAddresses(plane.plan.places).map(({ at }) => show(at)));
    try {
      await checkFree(allAddresses(next.places).filter(({ at }) => !known.has(show(at))));
    } catch (error) {
      if (error instanceof PortTakenError) throw new RefusedError(error.message);
      throw error;
    }
    return next;
  }

  async #follow(plan: Plan, pace: 'rolling' | 'at once', why: string): Promise<void> {
    const { plane, watch, onChange } = this.#options;
    watch.hold(why);
    await plane.follow(plan, pace);
    await onChange();
    watch.follow(plan);
  }

  async #break(step: TourStep): Promise<string> {
    const { plane, watch } = this.#options;
    const { unfit, break: breakIt } = steps[step];
    const why = unfit(plane.plan);
    if (why !== undefined) return refuse(why);
    this.#members.needAll();
    this.#broken = { step, before: plane.plan };
    watch.tour(step);
    const done = await breakIt(this.#stage(plane.plan, step));
    watch.mark(done);
    return done;
  }

  async #mend(step: TourStep): Promise<string> {
    const { watch } = this.#options;
    const broken = this.#broken;
    if (broken?.step !== step) {
      return refuse(`step ${step} of the tour is not broken${broken ? `, ${broken.step} is` : ''}`);
    }
    const done = await steps[step].mend(this.#stage(broken.before, step));
    this.#broken = undefined;
    watch.tour(undefined);
    watch.mark(done);
    return done;
  }

  #stage(before: Plan, step: TourStep): Stage {
    const { plane, watch, network, onChange, signal } = this.#options;
    const why = `step ${step} of the tour sets the run up`;
    return {
      plan: before,
      state: () => watch.state(),
      running: (kind) =>
        this.#members.names().filter((name) => name.startsWith(`${kind}-`) && this.#members.serve(name)),
      kill: async (names) => {
        await Promise.all(names.map((name) => kill(plane.child(name))));
        await onChange();
      },
      startEnded: async () => {
        watch.hold(why);
        await Promise.all(
          this.#members.names().map((name) => this.#members.serve(name) || plane.startAgain(name)),
        );
        await onChange();
        watch.follow(plane.plan);
      },
      setUp: (options, fault) =>
        this.#follow(planOf({ ...before.options, ...options }, network, fault), 'at once', why),
      setBack: () => this.#follow(before, 'at once', why),
      storm: ({ edge, ...options }) => {
        const { urls, from } = placesOf(plane.plan);
        const at = edge === undefined ? { urls, from } : { urls: urls.slice(edge, edge + 1), from: [] };
        return storm({ ...options, ...at, signal });
      },
      wait: (milliseconds) => sleep(milliseconds, undefined, { signal }),
      mark: (what) => watch.mark(what),
    };
  }
}

const told = {
  kill: 'killed',
  start: 'started',
  pause: 'paused',
  resume: 'resumed',
  drain: 'drains: its clients are told to leave, and new ones are refused',
} as const;

async function kill(child: Child | undefined): Promise<void> {
  child?.kill('SIGKILL');
  await child?.ended;
}

function refuse(why: string): Promise<never> {
  return Promise.reject(new RefusedError(why));
}

/** Where attempts go, and the addresses of the clients, from which they come. */
function placesOf({ places }: Plan): { urls: string[]; from: string[] } {
  const addresses = new Set(places.clients.map(({ address }) => address));
  return {
    urls: places.edges.map(({ ingress }) => `ws://${show(ingress)}/`),
    // Where all have one address, the system knows it as well.
    from: addresses.size > 1 ? [...addresses] : [],
  };
}
