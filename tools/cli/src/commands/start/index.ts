export { answers, Child } from './child.ts';
export { edgeReady, localBootstrap, startEdge } from './edge.ts';
export type { RunState } from './events.ts';
export { type EdgePlace, edgeReadyPort, type Places, planPlaces, show } from './places.ts';
export { type Reaper, startReaper } from './reaper.ts';
export type { Report } from './run.ts';
export type { StateFile } from './state-file.ts';
export type { Verdict } from './verdicts.ts';
