import { defineConfig } from 'vitest/config';
import { beginWith } from '../helpers/begin-with.ts';

/** What needs no deployed layers, while the first deploys them. */
const sequencer = beginWith('deploy', 'workflows', 'faults', 'mistakes');

/** Whole deploys; the files side by side, the tests of one in their order, each on what the ones before left. */
export default defineConfig({
  test: {
    include: ['*.test.ts'],
    globalSetup: 'shared-folder.ts',
    // Long enough for a machine that does other things too; a scenario may wait for another's deploy.
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    reporters: ['verbose'],
    maxWorkers: 2,
    sequence: { sequencer },
  },
});
