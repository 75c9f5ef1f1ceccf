export { checkServer } from './cli.ts';
export { freePort } from './start-server.ts';
