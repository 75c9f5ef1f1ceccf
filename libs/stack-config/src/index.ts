export { type ConfigFault, StackConfigError } from './errors.ts';
export { engineConfig, type ProjectFile, projectFileOf } from './project-file.ts';
export { parseConfig, readConfig } from './read-config.ts';
export { keepSecret, noteSecret } from './secrets.ts';
export { elsewhere, type StatePlace, statePlaceOf } from './state-place.ts';
