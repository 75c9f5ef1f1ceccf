import { defineConfig } from 'vitest/config';

/** What needs a cluster, one file after the other: there is one namespace, and one machine under it. */
export default defineConfig({
  test: {
    globalSetup: 'load-images.ts',
    fileParallelism: false,
    // Says of each test at once how it went, and what it measured.
    reporters: ['verbose'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
