export type { Properties, Resource } from './account.ts';
export { Rehearsal, type Run } from './rehearsal.ts';
