export { openConsole } from './cli.ts';
