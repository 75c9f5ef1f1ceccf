import { Recorder, type RequestLog, type RunEvent } from '@envoy-poc/console';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import pMap from 'p-map';
import { CheckError } from '#runtime';

/** Something that is being recorded. */
export interface Watched {
  readonly recorder: Recorder;
  stop(): Promise<void>;
}

/** All lines about a request are there after so long, in milliseconds. */
const SETTLED_MS = 3000;

/** Logs that are asked for at once. */
const AT_ONCE = 8;

/**
 * Watches a local run by what its console tells from now on.
 *
 * @param console its URL
 * @throws {CheckError} when it does not answer
 */
export async function watchRun(console: string): Promise<Watched> {
  const stop = new AbortController();
  const url = `${console}/api/events`;
  const response = await fetch(url, { signal: stop.signal }).catch((error) => {
    throw new CheckError(`${url} does not answer: ${error.message}`, 'look at what npm start printed last');
  });
  if (!response.ok || !response.body) {
    throw new CheckError(`${url} answers ${response.status}`, 'look at what npm start printed last');
  }
  const messages = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    [Symbol.asyncIterator]();
  const first = await messages.next();
  const view = JSON.parse(first.value?.data ?? 'null');
  const logs = new Logs(console);
  const recorder = new Recorder(view, { log: (requestId) => logs.of(requestId) });
  for (const { requestId } of [...view.entries, ...Object.values(view.pods).flat()]) logs.ask(requestId);
  const follow = async () => {
    for await (const { data } of messages) {
      const event: RunEvent = JSON.parse(data);
      recorder.add(event);
      if ('requestId' in event) logs.ask(event.requestId);
      if (event.event === 'state') void logs.read(Date.now() - SETTLED_MS);
    }
  };
  // A run that ends is recorded up to its end.
  const followed = follow().catch(() => {});
  return {
    recorder,
    async stop() {
      stop.abort();
      await followed;
      await logs.read();
    },
  };
}

/** What the console of a run says of requests. */
class Logs {
  readonly #console: string;
  readonly #known = new Map<string, RequestLog>();
  /** Since when something is to be asked of a request, in epoch milliseconds. */
  readonly #asked = new Map<string, number>();
  #reading: Promise<void> = Promise.resolve();

  constructor(console: string) {
    this.#console = console;
  }

  of(requestId: string): RequestLog | undefined {
    return this.#known.get(requestId);
  }

  ask(requestId: string): void {
    this.#asked.set(requestId, Date.now());
  }

  /** Reads what was asked for by a time in epoch milliseconds. */
  read(untilMs = Number.POSITIVE_INFINITY): Promise<void> {
    const due = [...this.#asked].filter(([, atMs]) => atMs <= untilMs).map(([requestId]) => requestId);
    for (const requestId of due) this.#asked.delete(requestId);
    this.#reading = this.#reading.then(async () => {
      await pMap(due, (requestId) => this.#readOne(requestId), { concurrency: AT_ONCE });
    });
    return this.#reading;
  }

  async #readOne(requestId: string): Promise<void> {
    const url = `${this.#console}/api/log?request=${encodeURIComponent(requestId)}`;
    try {
      const response = await fetch(url);
      if (response.ok) this.#known.set(requestId, (await response.json()) as RequestLog);
    } catch {
      // The run has ended.
    }
  }
}
