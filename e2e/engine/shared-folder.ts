import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startReaper } from '@envoy-poc/doubles';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder for what scenarios of several files have in common; goes when all are over. */
    sharedFolder: string;
  }
}

export default function setup(project: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), 'envoy-poc-scenarios-'));
  const reaper = startReaper(`ENVOY_POC_SCENARIOS=${folder}`, folder);
  project.provide('sharedFolder', folder);
  return () => {
    rmSync(folder, { recursive: true });
    reaper.release();
  };
}
