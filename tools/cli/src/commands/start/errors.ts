/** An address that the run needs is taken. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
  readonly code = 'PORT_TAKEN';
}

/** A child ended, or was not ready in time; the message holds its last lines. */
export class ChildError extends Error {
  override readonly name = 'ChildError';
  readonly code = 'CHILD';
}

/** An action that cannot be done; the message says why, in a sentence for who asked. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code = 'REFUSED';
}
