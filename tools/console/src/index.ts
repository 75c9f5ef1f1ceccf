export type { Action, ActionResult, ChangeableLimits, ProcessAction, TourStep } from './actions.ts';
export type * from './events.ts';
export { Recorder, writeRecording } from './recording/recorder.ts';
export { type ConsoleServer, consoleOrigins, type RequestLog, startConsole } from './server.ts';
export { startView } from './view.ts';
