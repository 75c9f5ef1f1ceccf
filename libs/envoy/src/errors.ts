/** Envoy could not be found or fetched; the message says what to install. */
export class EnvoyNotFoundError extends Error {
  override readonly name = 'EnvoyNotFoundError';
  readonly code = 'ENVOY_NOT_FOUND';
}
