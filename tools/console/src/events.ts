import type { ChangeableLimits, ProcessAction, TourStep } from './actions.ts';

/** Something that happened, as printed with `--json` and streamed by the console. Times: ISO 8601, UTC. */
export type RunEvent =
  | {
      event: 'open';
      at: string;
      client: string;
      edge: string;
      pod: string;
      attempts: number;
      requestId: string;
      /** Whether it was opened before anybody watched: an old log line tells of it. Left out: no. */
      before?: true;
    }
  | {
      event: 'close';
      at: string;
      client: string;
      edge: string;
      pod: string;
      seconds: number;
      requestId: string;
    }
  | {
      event: 'refused';
      at: string;
      client: string;
      edge: string;
      reason: RefusalReason;
      status: number;
      /** How many times a pod was asked. */
      attempts: number;
      milliseconds: number;
      requestId: string;
    }
  | { event: 'failed'; at: string; client: string; detail: string; requestId: string }
  | {
      event: 'reply';
      at: string;
      client: string;
      podIp: string;
      timestamp: string;
      roundTripMs: number;
      /** Of the upgrade that opened the connection. */
      requestId: string;
    }
  /** Somebody did something to the run, in words, such as `pod-2 killed`; `did`: to a process. */
  | { event: 'mark'; at: string; what: string; did?: ProcessAction }
  /** Who takes part, or a limit, changed. */
  | { event: 'setup'; at: string; setup: Setup }
  | ({ event: 'state' } & RunState);

/**
 * `rate`: over the admission rate (429). `full`: every pod is full, or every one tried was (503). `draining`: the edge was told to leave
 * (503). `client`: no proper upgrade, or the client left. `other`: anything else, which should not happen.
 */
export type RefusalReason = 'rate' | 'full' | 'draining' | 'client' | 'other';

/** How the run stands. Counts begin anew when limits or members have changed, and so do verdicts. */
export interface RunState {
  at: string;
  /** Since the edges were ready. */
  seconds: number;
  pods: PodState[];
  slots: { open: number; capacity: number; wanted: number };
  /** Upgrades that an edge handed to a pod; `opened`: those that a pod accepted. */
  admissions: { total: number; opened: number; last10Seconds: number; worstSecond: number };
  /** Left out where each edge admits its share by itself: how many the picker admitted, and edges without it. */
  picker?: { picked: { total: number }; byShare: { total: number } };
  /** `unanswered`: attempts that got no answer at all, as the clients saw it. */
  refusals: Record<RefusalReason, number> & { unanswered: number; slowestMilliseconds: number };
  replies: { total: number; wrong: number };
  /** Client events that an access log should hold: how many it did, and how many are overdue. */
  logged: { found: number; missing: number };
  /** Who does not answer any more, and for how long: what is said of them is what was last seen. */
  silent: { pods: Silence[]; edges: Silence[]; pickers: Silence[] };
  /** What each of them last answered to whether it is ready, such as `LIVE`, `DRAINING`, `ok`, `no pod`; empty: nothing yet. */
  said: { edges: string[]; pickers: string[] };
  verdicts: Verdict[];
}

/** Connections of a pod: open now, most ever, and most that it may have. */
export interface PodState {
  name: string;
  address: string;
  open: number;
  highWater: number;
  limit: number;
  /** Whether it starts or ends, and has no slots to offer. Left out: no. */
  away?: true;
  /** Open connections that no log tells of: opened around the edges, or before their logs begin. Left out: none. */
  untold?: number;
}

/** A process that does not answer. */
export interface Silence {
  name: string;
  seconds: number;
}

/** Whether one promise of the platform is kept. */
export interface Verdict {
  /** `allowed` and `full` are the endpoint picker's, and judged only where it admits. */
  name: 'limit' | 'rate' | 'allowed' | 'full' | 'slots' | 'replies' | 'refusals' | 'logs';
  /**
   * `pending`: nothing was seen yet that could decide, or not all of it (`unseen`); at the end that counts as not held.
   */
  status: 'holds' | 'broken' | 'pending';
  /** What was promised. */
  promise: string;
  expected: string;
  observed: string;
  /** What could not be seen, in words. Left out: nothing. */
  unseen?: string;
}

/** Who takes part in a run, and its limits. */
export interface Setup {
  /** ISO 8601, UTC. */
  startedAt: string;
  /** What is watched, in words, such as `stack dev`. Left out: a run on this machine, from its start. */
  place?: string;
  connectionsPerPod: number;
  connectionsPerClient: number;
  newConnectionsPerSecond: number;
  admission: 'exact' | 'shared';
  /** What starts again when a limit is changed, such as `pods`. Left out: none can be changed. */
  restarts?: Record<keyof ChangeableLimits, string[]>;
  clients: { name: string; address: string }[];
  /** `stats`: URL of the metrics. */
  edges: { name: string; url: string; stats: string }[];
  pods: { name: string; address: string; stats: string }[];
  /** Empty where each edge admits its share by itself. */
  pickers: { name: string; stats: string }[];
  /** The step of the tour that is broken. Left out: none. */
  tour?: TourStep;
}
