import { defineConfig } from 'vitest/config';

/** What needs more than this repository: a cluster, an engine, an endpoint. One test after the other. */
export default defineConfig({
  test: {
    include: ['**/*.rig.test.ts', 'kube/**/*.kube.ts'],
    fileParallelism: false,
    // Says of each test at once how it went, and what it measured.
    reporters: ['verbose'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
