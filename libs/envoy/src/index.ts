export { EnvoyNotFoundError } from './errors.ts';
export { testedVersion } from './fetch.ts';
export { findEnvoy } from './find.ts';
