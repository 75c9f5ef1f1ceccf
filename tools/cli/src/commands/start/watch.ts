import {
  type Action,
  type ActionResult,
  type ConsoleServer,
  type ProcessAction,
  type Recorder,
  type RequestLog,
  type Setup,
  startConsole,
  type TourStep,
} from '@envoy-poc/console';
import { type AccessLogLine, wantedBy } from '@envoy-poc/edge';
import { sample } from '#runtime/prometheus';
import { show } from './addresses.ts';
import type { RunEvent, RunState } from './events.ts';
import { type Observed, Observer } from './observer.ts';
import { limitsOf } from './options.ts';
import { type Plan, restartsOf } from './parts.ts';

/** A run under observation: events as they come, a state every second, the console. */
export interface Watch {
  url: string;
  recorder: Recorder;
  edgeLine(line: AccessLogLine): void;
  clientLine(client: string, line: string): void;
  /** An edge ended, after its last line. */
  edgeEnded(edge: string): void;
  /** How the run stands. */
  state(): RunState;
  /** Tells what somebody did to the run. */
  mark(what: string, did?: ProcessAction): void;
  /** Judges nothing until {@link follow}; `why`: what is being done. */
  hold(why: string): void;
  /** Looks at those of another plan, and judges anew by its limits. */
  follow(plan: Plan): void;
  /** Tells which step of the tour is broken; undefined: none. */
  tour(step: TourStep | undefined): void;
  /** Looks once more and tells the final state. */
  finish(): Promise<RunState>;
  close(): Promise<void>;
}

export interface WatchOptions {
  plan: Plan;
  /** What was logged of a request. */
  log: (requestId: string) => RequestLog;
  onEvent: (event: RunEvent) => void;
  /** Does what somebody asks for on the page. Left out: it can only be looked at. */
  act?: (action: Action) => Promise<ActionResult>;
}

/** Who has not answered after so many looks at the end stays unseen: a busy machine may hold one up. */
const LAST_LOOKS = 3;

/** Starts to watch; the clock of all rates runs from here, so the edges must be ready. */
export async function startWatch({ plan: first, log, onEvent, act }: WatchOptions): Promise<Watch> {
  const startedAt = new Date().toISOString();
  let plan = first;
  let broken: TourStep | undefined;
  let page: ConsoleServer | undefined;
  let over = false;
  const emit = (event: RunEvent) => {
    if (over) return;
    onEvent(event);
    page?.send(event);
  };
  const setup = (): Setup => ({ ...setupOf(plan, startedAt), ...(broken && { tour: broken }) });
  const tellSetup = () => emit({ event: 'setup', at: new Date().toISOString(), setup: setup() });
  const observer = new Observer({ ...observedOf(plan), emit });
  page = await startConsole({
    port: plan.options.port,
    setup: setup(),
    state: () => observer.state(),
    log,
    ...(act && { act }),
  });

  const ask = async (kind: 'pods' | 'edges' | 'pickers', index: number, question: Promise<string>) => {
    const words = await question.catch(() => undefined);
    observer.asked(kind, index, words !== undefined, words);
  };
  /** Asks everybody. Who does not answer keeps nobody from being told what the others say. */
  const look = async () => {
    const { places } = plan;
    await Promise.all([
      ...places.pods.map((at, i) => ask('pods', i, readGauges(observer, i, show(at)))),
      ...places.edges.map(({ stats }, i) => ask('edges', i, readHealth(`${show(stats)}/ready`))),
      ...places.pickers.map(({ decisions }, i) =>
        ask('pickers', i, readHealth(`${show(decisions)}/healthz`)),
      ),
    ]);
    observer.tick();
  };
  let timer: NodeJS.Timeout | undefined;
  const lookAgain = () => {
    timer = setTimeout(async () => {
      await look();
      emit({ event: 'state', ...observer.state() });
      if (!over) lookAgain();
    }, 1000);
  };
  lookAgain();
  return {
    url: page.url,
    recorder: page.recorder,
    edgeLine: (line) => observer.edgeLine(line),
    clientLine: (client, line) => observer.clientLine(client, line),
    edgeEnded: (edge) => observer.edgeEnded(edge),
    state: () => observer.state(),
    mark: (what, did) => emit({ event: 'mark', at: new Date().toISOString(), what, ...(did && { did }) }),
    hold: (why) => observer.hold(why),
    follow(next) {
      plan = next;
      observer.judgeBy(observedOf(next));
      tellSetup();
    },
    tour(step) {
      broken = step;
      tellSetup();
    },
    async finish() {
      clearTimeout(timer);
      for (let looks = 1; ; looks++) {
        await look();
        const { pods, edges } = observer.state().silent;
        if (pods.length + edges.length === 0 || looks === LAST_LOOKS) break;
      }
      over = true;
      const state = observer.state();
      page.recorder.add({ event: 'state', ...state });
      return state;
    },
    close() {
      over = true;
      clearTimeout(timer);
      return page.close();
    },
  };
}

/** What a plan promises, and who takes part. */
function observedOf({ options, places }: Plan): Observed {
  return {
    limits: limitsOf(options),
    pods: places.pods.map((at, i) => ({ name: `pod-${i + 1}`, address: show(at), podIp: at.address })),
    wanted: wantedBy(options),
    edges: places.edges.map(({ ingress }, i) => ({ name: `edge-${i + 1}`, url: `ws://${show(ingress)}/` })),
    pickers: places.pickers.map((_, i) => ({ name: `picker-${i + 1}` })),
    clientNames: new Map(places.clients.map((at, i) => [at.address, `client-${i + 1}`])),
  };
}

/** Who takes part, for the page. */
function setupOf({ options, places }: Plan, startedAt: string): Setup {
  const { connectionsPerPod, connectionsPerClient, newConnectionsPerSecond, admission } = options;
  const metrics = (at: string) => `http://${at}/metrics`;
  return {
    ...{ startedAt, connectionsPerPod, connectionsPerClient, newConnectionsPerSecond, admission },
    restarts: restartsOf(options),
    clients: places.clients.map(({ address }, i) => ({ name: `client-${i + 1}`, address })),
    edges: places.edges.map(({ ingress, stats }, i) => ({
      ...{ name: `edge-${i + 1}`, url: `ws://${show(ingress)}/` },
      stats: `http://${show(stats)}/stats/prometheus`,
    })),
    pods: places.pods.map((at, i) => ({
      ...{ name: `pod-${i + 1}`, address: show(at), stats: metrics(show(at)) },
    })),
    pickers: places.pickers.map(({ decisions }, i) => ({
      ...{ name: `picker-${i + 1}`, stats: metrics(show(decisions)) },
    })),
  };
}

async function readGauges(observer: Observer, pod: number, address: string): Promise<string> {
  const response = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(2000) });
  const metrics = await response.text();
  observer.gauges(
    pod,
    sample(metrics, 'ws_server_open_connections') ?? -1,
    sample(metrics, 'ws_server_open_connections_max') ?? -1,
  );
  return '';
}

/** An edge that drains or is overloaded says so, which is an answer too. */
async function readHealth(place: string): Promise<string> {
  const response = await fetch(`http://${place}`, { signal: AbortSignal.timeout(2000) });
  return (await response.text()).trim();
}
