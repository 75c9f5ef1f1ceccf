export { type ConfigFault, StackConfigError } from './errors.ts';
export * from './files.ts';
export { parseConfig, readConfig } from './read-config.ts';
export { keepSecret, noteSecret } from './secrets.ts';
