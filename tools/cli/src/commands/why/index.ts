export { Explainer, type Explanation } from './explain.ts';
export { type Log, Records, type Told } from './records.ts';
