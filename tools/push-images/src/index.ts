export { type AppName, appNames } from './apps.ts';
export { PushImagesError, type PushImagesErrorCode } from './errors.ts';
export { type PushOptions, pushApps } from './push-apps.ts';
export { registryOutputs } from './registry-stack.ts';
export type { AppReport } from './report.ts';
