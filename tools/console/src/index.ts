export type * from './events.ts';
export { type ConsoleServer, consoleOrigins, type LogLine, startConsole } from './server.ts';
