export { type Publishable, publish } from './publish.ts';
export { type Outputs, read, readOwn } from './read.ts';
export * from './schemas.ts';
