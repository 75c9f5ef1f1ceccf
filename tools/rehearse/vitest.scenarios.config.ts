import { defineConfig } from 'vitest/config';

/** Whole deploys; the files side by side, the tests of one in their order, each on what the ones before left. */
export default defineConfig({
  test: {
    include: ['scenarios/*.scenario.ts'],
    testTimeout: 300_000,
    hookTimeout: 60_000,
    reporters: ['verbose'],
    maxWorkers: 2,
  },
});
