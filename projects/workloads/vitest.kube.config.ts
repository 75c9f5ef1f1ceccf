import { defineConfig } from 'vitest/config';

/** The tests on a real cluster: one after the other, on one deployment. */
export default defineConfig({
  test: {
    include: ['kube/**/*.kube.ts'],
    fileParallelism: false,
    bail: 1,
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
