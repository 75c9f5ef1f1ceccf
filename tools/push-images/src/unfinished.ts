import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';

const open = new Set<string>();

/** A file or folder on its way to its name; gone at the end of its scope, or with the process, unless renamed. */
export function unfinished(path: string): AsyncDisposable & { readonly path: string } {
  if (open.size === 0) process.once('exit', removeAll);
  open.add(path);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
      open.delete(path);
      if (open.size === 0) process.off('exit', removeAll);
    },
  };
}

function removeAll(): void {
  for (const path of open) rmSync(path, { recursive: true, force: true });
}
