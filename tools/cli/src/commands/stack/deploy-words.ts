import { appNames } from '@envoy-poc/layers';
import { StackError, UsageError } from './errors.ts';
import type { Target } from './layer.ts';
import type { PulumiArguments } from './words.ts';

/** Options with which a push has its repository already, or sends nothing. */
const standAlone = ['--repository', '--output', '--dry-run', '--verify'];

/**
 * Why there is nothing to deploy, if so: Nx hands the words of a push on to the deploy of the registry layer, which some
 * of them make needless.
 *
 * @throws {StackError} for words that make no sense together, before anything is touched.
 */
export function needlessDeploy(
  { layer }: Pick<Target, 'layer'>,
  { push, options }: PulumiArguments,
): string | undefined {
  const alone = standAlone.flatMap((name) => push.get(name) ?? []);
  if (alone.length === 0) return undefined;
  if (layer !== 'registry') {
    throw new StackError(
      `${alone.join(' ')} is for a push alone, and this is a deploy of ${layer}; nothing was touched. ` +
        `For a push: npx nx run ${appNames.map((app) => `${app}:push`).join(' or ')}`,
    );
  }
  const other = options.find(({ name }) => name !== 'json');
  if (other) {
    throw new UsageError(
      `--${other.name} is no option of a push, and with ${alone[0]} nothing is deployed; see npx envoy-poc push --help`,
    );
  }
  return `the push has ${alone.join(' ')}, so nothing is deployed`;
}
