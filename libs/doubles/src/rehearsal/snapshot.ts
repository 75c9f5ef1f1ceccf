import { cpSync, globSync } from 'node:fs';
import { join } from 'node:path';

/** What makes up the state of stacks: the backend, the account, what deploys leave in the workspace, and settings. */
const parts = ['state', 'account/account.json', 'workspace/dist', 'workspace/projects/*/Pulumi.*.yaml'];

/**
 * Copies the state of all stacks from the folder of one rehearsal, or of a copy of it, to another. The layers of pushed
 * images are not part of it: the next push sends them again.
 */
export function copyState(from: string, to: string): void {
  for (const path of globSync(parts, { cwd: from })) {
    cpSync(join(from, path), join(to, path), { recursive: true });
  }
}
