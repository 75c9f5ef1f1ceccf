export { type Properties, type Resource, readAccount } from './account.ts';
export { Rehearsal, type Run } from './rehearsal.ts';
