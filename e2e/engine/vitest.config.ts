import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What needs no deployed layers, while the first deploys them. */
const first = ['deploy', 'workflows', 'faults', 'mistakes'];

class Sequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = first.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return at < 0 ? first.length : at;
    };
    return [...files].sort((a, b) => rank(a) - rank(b));
  }
}

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
    sequence: { sequencer: Sequencer },
  },
});
