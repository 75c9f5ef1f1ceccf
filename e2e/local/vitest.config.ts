import { defineConfig, mergeConfig } from 'vitest/config';
import shared from '../../vitest.config.ts';

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      // These tests mostly wait (for rates, health checks, whole runs): more of them than there are cores.
      maxWorkers: 4,
      testTimeout: 400_000,
      hookTimeout: 600_000,
    },
  }),
);
