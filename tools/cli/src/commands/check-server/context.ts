import type { ReportListener } from './report-listener.ts';

/** What the checks of a server have. */
export interface ServerContext {
  /** Where its WebSockets are: `ws://…`. */
  readonly url: URL;
  /** Connections it is to accept. */
  readonly connections: number;
  readonly pingIntervalSeconds: number;
  /** The server as a process or container of ours; undefined: somebody else runs it. */
  readonly started: StartedServer | undefined;
  /** Whether an edge can be played at the address that the server sees its connections come from, and on which port. */
  readonly edgeReadyPort: number | undefined;
  /** Does one thing after the other: each check needs all of the server's connections. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

/** A server that was started here, to be told to end. */
export interface StartedServer {
  readonly url: URL;
  /** The time it was given to close its connections, `SERVER_DRAIN_SECONDS`. */
  readonly drainSeconds: number;
  readonly edgeReadyPort?: number;
  /** Hears its reports, in the place of an endpoint picker. Left out: it has no `PICKERS`. */
  readonly listener?: ReportListener;
  /** Sends SIGTERM. */
  terminate(): Promise<void>;
  /** Done when it has ended. */
  readonly exited: Promise<unknown>;
  /** Ends it at once and removes what is left of it. */
  remove(): Promise<void>;
}

/** Makes what is given run one after the other, in the order it comes. */
export function oneAtATime(): ServerContext['alone'] {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => {});
    return next;
  };
}
