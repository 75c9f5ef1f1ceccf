import { defaultExclude, defineConfig } from 'vitest/config';

// Hundreds of pushes wait out retries in one test; two slow processors must not make that a failure.
export default defineConfig({
  test: {
    testTimeout: 60_000,
    maxConcurrency: 3,
    maxWorkers: 2,
    exclude: [...defaultExclude, '**/*.rig.test.ts'],
  },
});
