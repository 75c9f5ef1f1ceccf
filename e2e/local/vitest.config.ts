import { defineConfig, mergeConfig } from 'vitest/config';
import shared from '../../vitest.config.ts';
import { beginWith } from '../helpers/begin-with.ts';

/** What takes longest, so that nobody has to wait for one of them at the end. */
const sequencer = beginWith(
  'start',
  'frozen',
  'lifecycle',
  'picker',
  'storm',
  'shutdown',
  'lying-picker',
  'churn',
);

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      // These tests mostly wait (for rates, health checks, whole runs): more of them than there are cores.
      maxWorkers: 6,
      sequence: { sequencer },
      testTimeout: 400_000,
      hookTimeout: 600_000,
    },
  }),
);
