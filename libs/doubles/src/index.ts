export { type Resource, readDocument } from './account/account.ts';
export type { Ended, Operation } from './account/journal.ts';
export { parseUrn } from './provider/urn.ts';
export { pathWith } from './rehearsal/environment.ts';
export { killAll, killPids, pidsWith } from './rehearsal/processes.ts';
export { startReaper } from './rehearsal/reaper.ts';
export {
  Rehearsal,
  type RehearsalOptions,
  type Run,
  type Running,
  type RunRecord,
} from './rehearsal/rehearsal.ts';
export { commitAll, git, repositoryOf, root } from './rehearsal/working-tree.ts';
export { linkPackages } from './rehearsal/workspace.ts';
