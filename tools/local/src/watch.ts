import { type Console, startConsole } from './console.ts';
import { limitsOf } from './data-plane.ts';
import { gauge } from './edge.ts';
import type { RunEvent, RunState } from './events.ts';
import { Observer } from './observer.ts';
import type { Options } from './options.ts';
import { type Places, show } from './places.ts';

/** A run under observation: events as they come, a state every second, the console. */
export interface Watch {
  url: string;
  edgeLine(line: string): void;
  clientLine(client: string, line: string): void;
  /** Looks once more and tells the final state. */
  finish(): Promise<RunState>;
  close(): Promise<void>;
}

/** Starts to watch; the clock of all rates runs from here, so the edges must be ready. */
export async function startWatch(
  options: Options,
  places: Places,
  onEvent: (event: RunEvent) => void,
): Promise<Watch> {
  let page: Console | undefined;
  let over = false;
  const emit = (event: RunEvent) => {
    if (over) return;
    onEvent(event);
    page?.send(event);
  };
  const observer = new Observer({
    ...limitsOf(options),
    limit: options.limit,
    pods: places.pods.map((at, i) => ({ name: `pod-${i + 1}`, address: show(at), podIp: at.address })),
    wanted: options.clients * options.connections,
    clientNames: new Map(places.clients.map((at, i) => [at.address, `client-${i + 1}`])),
    emit,
  });
  page = await startConsole(options.port, () => observer.state());

  const look = async () => {
    await Promise.all(places.pods.map((at, i) => readGauges(observer, i, show(at))));
    observer.tick();
  };
  const timer = setInterval(() => {
    // A pod that does not answer is about to be reported as ended.
    look().then(
      () => emit({ event: 'state', ...observer.state() }),
      () => {},
    );
  }, 1000);
  return {
    url: page.url,
    edgeLine: (line) => observer.edgeLine(line),
    clientLine: (client, line) => observer.clientLine(client, line),
    async finish() {
      clearInterval(timer);
      await look();
      over = true;
      return observer.state();
    },
    close() {
      over = true;
      clearInterval(timer);
      return page.close();
    },
  };
}

async function readGauges(observer: Observer, pod: number, address: string): Promise<void> {
  const response = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(2000) });
  const metrics = await response.text();
  observer.gauges(
    pod,
    gauge(metrics, 'ws_server_open_connections'),
    gauge(metrics, 'ws_server_open_connections_max'),
  );
}
