export type * from './events.ts';
export { type ConsoleServer, consoleOrigins, type RequestLog, startConsole } from './server.ts';
