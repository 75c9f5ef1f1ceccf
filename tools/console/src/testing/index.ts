export { Recording } from '../recording/recording.ts';
export { startConsole } from '../server.ts';
export { startBrowser } from './browser.ts';
export { recordingIn } from './recorded.ts';
export { setupOf, stateOf } from './run.ts';
export { goingOn, steady } from './scenes.ts';
