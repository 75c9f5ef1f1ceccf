export type { Properties, Resource } from './account.ts';
export type { Ended, Operation } from './journal.ts';
export { Rehearsal, type Run, type Running } from './rehearsal.ts';
