import { defineConfig } from 'vitest/config';

/** The tests on a real cluster. */
export default defineConfig({
  test: {
    include: ['kube/**/*.kube.ts'],
    fileParallelism: false,
    // Says of each test at once how it went, and what it measured.
    reporters: ['verbose'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
