export type { Explanation } from './explain.ts';
