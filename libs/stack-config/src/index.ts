export { type ConfigFault, StackConfigError } from './errors.ts';
export { engineConfig, type ProjectFile, projectFileOf } from './project-file.ts';
export { parseConfig, readConfig } from './read-config.ts';
