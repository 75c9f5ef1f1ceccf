/** An error of a layer's facts, whose message is for people as it stands. */
export class LayerError<Code extends string = string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}

/** What is wrong with a layer's outputs. */
export type ContractErrorCode = 'ERR_PUBLISH' | 'ERR_READ' | 'ERR_NO_STACK';

/** A layer's outputs are not what its contract says. The message holds every fault and the next step. */
export class ContractError extends LayerError<ContractErrorCode> {
  override readonly name = 'ContractError';
}

/** Why no image can be deployed. */
export type ImageErrorCode = 'IMAGE_MISSING' | 'IMAGE_INVALID' | 'IMAGE_ELSEWHERE' | 'IMAGE_PLATFORM';

/** An image is not where it is looked for, or does not run there. The message holds the next step. */
export class ImageError extends LayerError<ImageErrorCode> {
  override readonly name = 'ImageError';
}
