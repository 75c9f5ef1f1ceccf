/** What stands in the way, and the way out; shown without a stack trace. */
export class StackError extends Error {
  override readonly name = 'StackError';
  readonly code = 'STACK';
}
