import { type ConsoleServer, type Setup, startConsole } from '@envoy-poc/console';
import { wantedBy } from '@envoy-poc/edge';
import { sample } from '#runtime/prometheus';
import { type Addresses, show } from './addresses.ts';
import type { RunEvent, RunState } from './events.ts';
import { evidenceIn } from './evidence.ts';
import { Observer } from './observer.ts';
import { limitsOf, type Options } from './options.ts';

/** A run under observation: events as they come, a state every second, the console. */
export interface Watch {
  url: string;
  edgeLine(line: string): void;
  clientLine(client: string, line: string): void;
  /** Looks once more and tells the final state. */
  finish(): Promise<RunState>;
  close(): Promise<void>;
}

/** Who has not answered after so many looks at the end stays unseen: a busy machine may hold one up. */
const LAST_LOOKS = 3;

/** Starts to watch; the clock of all rates runs from here, so the edges must be ready. */
export async function startWatch(
  options: Options,
  places: Addresses,
  /** Folder of the run's logs. */
  logs: string,
  onEvent: (event: RunEvent) => void,
): Promise<Watch> {
  let page: ConsoleServer | undefined;
  let over = false;
  const emit = (event: RunEvent) => {
    if (over) return;
    onEvent(event);
    page?.send(event);
  };
  const observer = new Observer({
    limits: limitsOf(options),
    pods: places.pods.map((at, i) => ({ name: `pod-${i + 1}`, address: show(at), podIp: at.address })),
    wanted: wantedBy(options),
    edges: places.edges.map(({ ingress }, i) => ({ name: `edge-${i + 1}`, url: `ws://${show(ingress)}/` })),
    pickers: places.pickers.map((_, i) => ({ name: `picker-${i + 1}` })),
    clientNames: new Map(places.clients.map((at, i) => [at.address, `client-${i + 1}`])),
    emit,
  });
  page = await startConsole({
    port: options.port,
    setup: setupOf(options, places),
    state: () => observer.state(),
    log: evidenceIn(logs),
  });

  const ask = async (kind: 'pods' | 'edges' | 'pickers', index: number, question: Promise<string>) => {
    const words = await question.catch(() => undefined);
    observer.asked(kind, index, words !== undefined, words);
  };
  /** Asks everybody. Who does not answer keeps nobody from being told what the others say. */
  const look = async () => {
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
    edgeLine: (line) => observer.edgeLine(line),
    clientLine: (client, line) => observer.clientLine(client, line),
    async finish() {
      clearTimeout(timer);
      for (let looks = 1; ; looks++) {
        await look();
        const { pods, edges } = observer.state().silent;
        if (pods.length + edges.length === 0 || looks === LAST_LOOKS) break;
      }
      over = true;
      return observer.state();
    },
    close() {
      over = true;
      clearTimeout(timer);
      return page.close();
    },
  };
}

/** Who takes part, for the page. */
function setupOf(options: Options, places: Addresses): Setup {
  const { connectionsPerPod, connectionsPerClient, newConnectionsPerSecond, admission } = options;
  const metrics = (at: string) => `http://${at}/metrics`;
  return {
    startedAt: new Date().toISOString(),
    ...{ connectionsPerPod, connectionsPerClient, newConnectionsPerSecond, admission },
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
