export type { ServerConfig } from './config.ts';
export { reportToPickers } from './pickers.ts';
export { type RunningServer, startServer } from './server.ts';
