/** One environment variable that cannot be used. */
export interface EnvFault {
  variable: string;
  /** The value seen; undefined when the variable is not set or empty. */
  value: string | undefined;
  /** What the variable should hold. */
  expected: string;
}

/** The environment does not describe a runnable service; lists every fault, one a line. */
export class EnvError extends Error {
  readonly code = 'ENV_INVALID';
  readonly faults: readonly EnvFault[];

  constructor(faults: readonly EnvFault[]) {
    const lines = faults.map(({ variable, value, expected }) => {
      const seen = value === undefined ? 'not set' : JSON.stringify(value);
      return `  ${variable}: ${seen}, expected ${expected}`;
    });
    const noun = faults.length === 1 ? 'environment variable is' : 'environment variables are';
    super([`${faults.length} ${noun} missing or wrong:`, ...lines].join('\n'));
    this.name = 'EnvError';
    this.faults = faults;
  }
}

/** The service cannot listen where it was told to. */
export class ListenError extends Error {
  readonly code = 'LISTEN_FAILED';

  constructor(address: string, port: number, cause: NodeJS.ErrnoException) {
    super(`Cannot listen on ${address}:${port}: ${listenHint(cause)}`, { cause });
    this.name = 'ListenError';
  }
}

function listenHint(cause: NodeJS.ErrnoException): string {
  switch (cause.code) {
    case 'EADDRINUSE':
      return 'another process holds it; choose another port';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address';
    case 'EACCES':
      return 'ports below 1024 need a privilege this process lacks; choose a higher one';
    default:
      return cause.message;
  }
}
