import { defineConfig } from 'vitest/config';

/** The tests on a real cluster: one after the other, on one deployment. */
export default defineConfig({
  test: {
    include: ['kube/**/*.kube.ts'],
    fileParallelism: false,
    // Says of each test at once how it went, and what it measured.
    reporters: ['verbose'],
    bail: 1,
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
