export { why } from './cli.ts';
export type { Explanation } from './explain.ts';
