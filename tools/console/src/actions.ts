/** Header of `POST /api/actions` that holds the token of the run, which only its own page knows. */
export const tokenHeader = 'x-console-token';

/** What a person can do to a local run: the body of `POST /api/actions`. */
export type Action =
  /** So many upgrades at once, spread over the edges; each keeps its slot for a moment. */
  | { action: 'storm'; attempts: number }
  /** Of a process by its name, such as `pod-2`. `kill` is for good until `start`; `pause` until `resume`. */
  | { action: 'kill' | 'start' | 'pause' | 'resume'; process: string }
  /** Of an edge, as a cluster drains it; `start` brings it back. */
  | { action: 'drain'; process: string }
  /** One more client. */
  | { action: 'add-client' }
  /** Restarts only what a changed limit touches. */
  | { action: 'set'; limits: Partial<ChangeableLimits> }
  /** A step of the guided tour; `mend` undoes its `break`. */
  | { action: 'tour'; step: TourStep; phase: 'break' | 'mend' };

/** What a person can do to one process. */
export type ProcessAction = Extract<Action, { process: string }>;

/** Limits that can be changed while the run lasts. */
export interface ChangeableLimits {
  connectionsPerPod: number;
  newConnectionsPerSecond: number;
  serverReplicas: number;
  edgeReplicas: number;
}

/** The steps of the tour, in its order; each breaks one limit on purpose. */
export const tourSteps = ['edge-only', 'small-bucket', 'forged-address', 'killed-pod', 'no-picker'] as const;
export type TourStep = (typeof tourSteps)[number];

/** How an action ended: the answer of `POST /api/actions`. */
export type ActionResult = { done: string } | { refused: string };
