export { assumedByDefault } from './assumptions.ts';
export { cost } from './cli.ts';
export { estimate } from './estimate.ts';
export { previewOnDoubles } from './on-doubles.ts';
export { planStack } from './price-stack.ts';
export type { CostReport } from './report.ts';
