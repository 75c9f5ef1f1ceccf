import { defineConfig } from 'vitest/config';

/** The tests on a real cluster. */
export default defineConfig({
  test: {
    include: ['kube/**/*.kube.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
