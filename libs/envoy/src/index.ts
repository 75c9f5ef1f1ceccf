export { EnvoyNotFoundError } from './errors.ts';
export { type Envoy, findEnvoy } from './find.ts';
