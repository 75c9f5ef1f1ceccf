/** What is wrong with a layer's outputs. */
export type ContractErrorCode = 'ERR_PUBLISH' | 'ERR_READ' | 'ERR_NO_STACK';

/** A layer's outputs are not what its contract says. The message holds every fault and the way out. */
export class ContractError extends Error {
  override readonly name = 'ContractError';
  readonly code: ContractErrorCode;

  constructor(code: ContractErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
