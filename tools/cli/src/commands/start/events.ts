import type { PickerState } from './exactness.ts';
import type { Verdict } from './verdicts.ts';

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
  | { event: 'reply'; at: string; client: string; podIp: string; timestamp: string; roundTripMs: number }
  | ({ event: 'state' } & RunState);

/**
 * `rate`: over the admission rate (429). `full`: every pod is full, or every one tried was (503). `draining`: the edge was told to leave
 * (503). `client`: no proper upgrade, or the client left. `other`: anything else, which should not happen.
 */
export type RefusalReason = 'rate' | 'full' | 'draining' | 'client' | 'other';

/** How the run stands. */
export interface RunState {
  at: string;
  /** Since the edges were ready. */
  seconds: number;
  pods: { name: string; address: string; open: number; highWater: number; limit: number }[];
  slots: { open: number; capacity: number; wanted: number };
  /** Upgrades that an edge handed to a pod; `opened`: those that a pod accepted. */
  admissions: { total: number; opened: number; last10Seconds: number; worstSecond: number };
  /** Left out where each edge admits its share by itself. */
  picker?: PickerState;
  /** `unanswered`: attempts that got no answer at all, as the clients saw it. */
  refusals: Record<RefusalReason, number> & { unanswered: number; slowestMilliseconds: number };
  replies: { total: number; wrong: number };
  /** Client events that an access log should hold: how many it did, and how many are overdue. */
  logged: { found: number; missing: number };
  /** Who does not answer any more, and for how long: what is said of them is what was last seen. */
  silent: { pods: Silence[]; edges: Silence[]; pickers: Silence[] };
  verdicts: Verdict[];
}

/** A process that does not answer. */
export interface Silence {
  name: string;
  seconds: number;
}
