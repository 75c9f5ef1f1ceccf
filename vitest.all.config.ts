import { existsSync, globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { defineConfig, mergeConfig, type UserWorkspaceConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import shared from './vitest.config.ts';

/** More than there are processors: many tests wait. */
const maxWorkers = 6;

/** Whole runs of real Envoys mostly wait: they begin first, and what computes uses the processors meanwhile. */
class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project }: TestSpecification) => (project.name === 'e2e' ? 0 : 1);
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/** What a package's own `vitest run` would do, on workers that all packages share. */
async function projectOf(folder: string): Promise<UserWorkspaceConfig> {
  const root = join(import.meta.dirname, folder);
  const file = join(root, 'vitest.config.ts');
  const own = existsSync(file) ? (await import(file)).default : shared;
  return mergeConfig(own, { root, test: { name: basename(folder), root, maxWorkers } });
}

const packages = globSync('{apps/*,libs/*,projects/*,tools/*,e2e}/package.json', {
  cwd: import.meta.dirname,
});

/** The tests of every package in one run, which is what `npm test` does. */
export default mergeConfig(
  shared,
  defineConfig({
    test: {
      maxWorkers,
      sequence: { sequencer: WaitingFirst },
      projects: await Promise.all(packages.map(dirname).map(projectOf)),
    },
  }),
);
