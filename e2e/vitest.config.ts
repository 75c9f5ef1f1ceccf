import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // These tests mostly wait (for rates, health checks, whole runs): more of them than there are cores.
    maxWorkers: 6,
    fileParallelism: true,
    testTimeout: 120_000,
    hookTimeout: 600_000,
  },
});
