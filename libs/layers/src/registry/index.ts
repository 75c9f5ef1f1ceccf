export type { Repository } from './outputs.ts';
export * from './settings.ts';
