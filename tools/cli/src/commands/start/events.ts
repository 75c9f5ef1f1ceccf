import type { RunEvent as ToldEvent, RunState as ToldState } from '@envoy-poc/console';
import type { PickerState } from './exactness.ts';

export type { RefusalReason, Silence, Verdict } from '@envoy-poc/console';

/** How the run stands. */
export interface RunState extends ToldState {
  /** Left out where each edge admits its share by itself. */
  picker?: PickerState;
}

/** Something that happened, as printed with `--json` and streamed by the console. Times: ISO 8601, UTC. */
export type RunEvent = Exclude<ToldEvent, { event: 'state' }> | ({ event: 'state' } & RunState);
