export { type Addresses, type EdgePlace, edgeReadyPort, planAddresses, show } from './addresses.ts';
export { answers, Child } from './child.ts';
export { edgeReady, localBootstrap, startEdge } from './edge.ts';
export type { RunState } from './events.ts';
export { Exactness, type PickerState, refusedByPicker } from './exactness.ts';
export { type Reaper, startReaper } from './reaper.ts';
export type { RunReport } from './run.ts';
export type { StateFile } from './state-file.ts';
export { exactVerdicts, type Verdict } from './verdicts.ts';
