/** What stands in the way, and the next step; shown without a stack trace. */
export class StackError extends Error {
  override readonly name: string = 'StackError';
  readonly code: 'STACK' | 'USAGE' = 'STACK';
}

/** A command line that cannot be meant; nothing was touched. Exit code 2. */
export class UsageError extends StackError {
  override readonly name = 'UsageError';
  override readonly code = 'USAGE';
}
