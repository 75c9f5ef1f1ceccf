import { RunError } from '@pulumi/pulumi';

/** Why no image can be deployed. */
export type ImageErrorCode = 'IMAGE_MISSING' | 'IMAGE_INVALID' | 'IMAGE_ELSEWHERE' | 'IMAGE_PLATFORM';

/** An image is not where it is looked for, or does not run there. Pulumi prints it without a stack trace. */
export class ImageError extends RunError {
  override readonly name = 'ImageError';
  readonly code: ImageErrorCode;

  constructor(code: ImageErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
