import { splitPushOptions } from '@envoy-poc/push-images/push-options';
import { StackError } from './errors.ts';
import type { Target } from './layer.ts';

/** Options with which a push has its repository already, or sends nothing. */
const standAlone = ['--repository', '--output', '--dry-run', '--verify'];

/** What the words of a deploy come to. */
export interface DeployWords {
  /** Those for Pulumi. */
  words: readonly string[];
  /** Why there is nothing to deploy. */
  needless?: string;
}

/**
 * Takes a push's options out of the words for Pulumi: Nx hands the words of one command on to all that it needs, a
 * push's to the deploy of the registry layer, and a deploy's to the pushes.
 *
 * @throws {StackError} for words that make no sense together, before anything is touched.
 */
export function deployWords({ layer }: Pick<Target, 'layer'>, more: readonly string[]): DeployWords {
  const { push, others } = splitPushOptions(more);
  const alone = standAlone.flatMap((name) => push.get(name) ?? []);
  if (alone.length === 0) return { words: others };
  if (layer !== 'registry') {
    throw new StackError(
      `${alone.join(' ')} is for a push alone, and this is a deploy of ${layer}; nothing was touched. ` +
        'For a push: npx nx run ws-server:push or ws-client:push',
    );
  }
  const [unknown] = others.filter((word) => word.startsWith('-') && !/^--json\b/.test(word));
  if (unknown) {
    throw new StackError(
      `${unknown} is no option of a push, and with ${alone[0]} nothing is deployed; see npx push-images --help`,
    );
  }
  return { words: [], needless: `the push has ${alone.join(' ')}, so nothing is deployed` };
}
