export { checkServer } from './cli.ts';
