export { type ConfigFault, StackConfigError } from './errors.ts';
export { readConfig } from './read-config.ts';
