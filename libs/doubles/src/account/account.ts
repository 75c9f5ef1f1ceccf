import { mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

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

/** The folder of the fake account; stacks of the same folder share it. @throws {Error} when none is named */
export function accountFolder(): string {
  const folder = process.env.REHEARSE_ACCOUNT;
  if (!folder) throw new Error('REHEARSE_ACCOUNT is not set: the folder of the fake AWS account');
  return folder;
}

/** Everything in an account; empty when there is nothing yet. */
export function readAccount(folder: string): Resource[] {
  return readDocument(join(folder, 'account.json'), []);
}

/** Changes an account; nobody else does meanwhile. An `action` that throws changes nothing. */
export function changeAccount<T>(folder: string, action: (resources: Resource[]) => T): T {
  return changeDocument(join(folder, 'account.json'), [], action);
}

/** Reads a JSON file that processes share. */
export function readDocument<D>(file: string, empty: D): D {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as D;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return empty;
    throw error;
  }
}

/** Changes a JSON file that processes share, whole or not at all. */
export function changeDocument<D, T>(file: string, empty: D, action: (document: D) => T): T {
  const lock = `${file}.lock`;
  takeLock(lock);
  try {
    const document = readDocument(file, empty);
    const result = action(document);
    writeFileSync(`${file}.new`, JSON.stringify(document, undefined, 1));
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
