/** Bad words on the command line; nothing was begun. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

/** Something stands in a check's way; the message is what was seen, `next` the next step. */
export class CheckError extends Error {
  override readonly name = 'CheckError';
  readonly code = 'CHECK';
  readonly next: string;

  constructor(seen: string, next: string, options?: ErrorOptions) {
    super(seen, options);
    this.next = next;
  }
}
