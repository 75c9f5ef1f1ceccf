export { type Publishable, publish } from './publish.ts';
export { type Outputs, read } from './read.ts';
export * from './schemas.ts';
