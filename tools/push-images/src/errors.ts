/** What kind of thing went wrong; `ERR_USAGE` exits with 2, all others with 1. */
export type PushImagesErrorCode =
  | 'ERR_USAGE'
  | 'ERR_NOT_BUILT'
  | 'ERR_BASE'
  | 'ERR_DIGEST'
  | 'ERR_LAYER'
  | 'ERR_REGISTRY'
  | 'ERR_CREDENTIALS'
  | 'ERR_TAG_CONFLICT'
  | 'ERR_READ_BACK'
  | 'ERR_STACK'
  | 'ERR_OUTPUT';

/** An error the user can act on: the message names the value at fault, the likely cause and the way out. */
export class PushImagesError extends Error {
  override readonly name = 'PushImagesError';
  readonly code: PushImagesErrorCode;

  constructor(code: PushImagesErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
