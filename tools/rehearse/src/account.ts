import { mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';

/** Properties of a resource, plain. */
export type Properties = Record<string, unknown>;

/** A resource of the account. */
export interface Resource {
  /** Its type token, such as `aws:ec2/vpc:Vpc`. */
  type: string;
  id: string;
  /** The URN it was made under, which names the stack. */
  urn: string;
  inputs: Properties;
  outputs: Properties;
}

/** Longest wait for another process that holds the account, in milliseconds. */
const LOCK_TIMEOUT_MS = 10_000;

/** The file that holds the account: every stack that names the same file shares one account. */
export function accountFile(): string {
  const file = process.env.REHEARSE_ACCOUNT;
  if (!file) throw new Error('REHEARSE_ACCOUNT is not set: the file that holds the fake AWS account');
  return file;
}

/** Everything in an account; empty when there is no such file. */
export function readAccount(file: string): Resource[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Resource[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Changes an account; nobody else does meanwhile. An `action` that throws changes nothing. */
export function changeAccount<T>(file: string, action: (resources: Resource[]) => T): T {
  const lock = `${file}.lock`;
  takeLock(lock);
  try {
    const resources = readAccount(file);
    const result = action(resources);
    writeFileSync(`${file}.new`, JSON.stringify(resources, undefined, 1));
    renameSync(`${file}.new`, file);
    return result;
  } finally {
    rmdirSync(lock);
  }
}

function takeLock(lock: string): void {
  const deadline = Date.now() + LOCK_TIMEOUT_MS;
  for (;;) {
    try {
      mkdirSync(lock);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (Date.now() > deadline)
        throw new Error(`${lock} is held by another process; remove it if none runs`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
