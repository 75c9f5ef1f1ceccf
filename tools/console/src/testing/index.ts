export { startConsole } from '../server.ts';
export { startBrowser } from './browser.ts';
export { stateOf } from './run.ts';
export { steady } from './scenes.ts';
