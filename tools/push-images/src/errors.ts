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

/** What else is known of an error. */
export interface ErrorFacts extends ErrorOptions {
  /** What is at fault: a path, a reference, a digest, an option's value. */
  readonly value?: string | undefined;
  /** What to do about it, whole sentences or a command. */
  readonly nextStep?: string | undefined;
}

/** An error the user can act on. The message is the problem, and the next step on the lines after it. */
export class PushImagesError extends Error {
  override readonly name = 'PushImagesError';
  readonly code: PushImagesErrorCode;
  readonly problem: string;
  readonly value: string | undefined;
  readonly nextStep: string | undefined;

  constructor(code: PushImagesErrorCode, problem: string, { value, nextStep, ...options }: ErrorFacts = {}) {
    super(nextStep === undefined ? problem : `${problem}\n${nextStep}`, options);
    this.code = code;
    this.problem = problem;
    this.value = value;
    this.nextStep = nextStep;
  }
}
