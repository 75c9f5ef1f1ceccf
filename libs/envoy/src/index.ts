export { EnvoyNotFoundError } from './errors.ts';
export { testedVersion } from './fetch.ts';
export { type Envoy, findEnvoy } from './find.ts';
