// What stack files say, without Pulumi's SDK, which takes most of a second to load.
export { engineConfig, type ProjectFile, projectFileOf } from './project-file.ts';
export { elsewhere, type StatePlace, statePlaceOf } from './state-place.ts';
