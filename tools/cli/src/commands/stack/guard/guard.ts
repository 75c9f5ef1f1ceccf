import { type Dependent, livingDependents } from '../dependents.ts';
import { StackError } from '../errors.ts';
import type { Target } from '../layer.ts';
import type { MustPulumi } from '../pulumi.ts';
import { optionsOf, type PulumiArguments, pulumiWordsOf } from '../words.ts';
import { type Lost, lostFoundations } from './changes-under.ts';
import { readPlan } from './plan.ts';
import { onlySeen } from './what-is-read.ts';

/**
 * Previews a layer on which others stand, and makes sure that what they stand on stays as it is.
 *
 * Where none has resources there is nothing to ask, and no preview: a first deploy takes no longer. Otherwise the
 * preview is the one that `pulumi up` would make itself, which can leave it out then.
 *
 * @returns whether there was a preview
 * @throws {StackError} naming what would change, the layers on it and the order that works; nothing is touched
 */
export async function previewUnderDependents(
  target: Target,
  root: string,
  words: PulumiArguments,
  pulumi: MustPulumi,
): Promise<boolean> {
  const dependents = await livingDependents(target, root);
  if (dependents.length === 0) return false;
  const { log } = await pulumi(['preview', '--refresh', '--stack', target.stack, ...wordsOfPreview(words)], {
    show: !words.options.some(({ name }) => name === 'json'),
    events: true,
  });
  const changed = lostFoundations(target.layer, readPlan(log));
  const lost = await onlySeen(changed, target, dependents, root);
  if (lost.length > 0) throw refusal(target, dependents, lost);
  return true;
}

/** A deploy's options that a preview has too. */
function wordsOfPreview(words: PulumiArguments): string[] {
  const known = new Set(optionsOf('preview').map(({ name }) => name));
  return pulumiWordsOf({ ...words, options: words.options.filter(({ name }) => known.has(name)) });
}

/** How many changes a sentence names. */
const NAMED = 4;

function refusal(
  { layer, stack }: Target,
  dependents: readonly Dependent[],
  lost: readonly Lost[],
): StackError {
  const known = [...lost].sort((a, b) => Number(b.after !== undefined) - Number(a.after !== undefined));
  const named = known.slice(0, NAMED).map(textOf);
  if (known.length > NAMED) named.push(`${known.length - NAMED} more`);
  const standing = dependents.map(({ layer, resources }) => `${layer} (${resources} resources)`);
  const order = [...dependents.map(({ layer }) => layer).reverse(), layer];
  return new StackError(
    `${layer}, stack ${stack}, would change what ${listOf(standing)} ${dependents.length > 1 ? 'stand' : 'stands'} on: ` +
      `${named.join(', ')}; nothing was touched. Set it back as it was, or make all of it anew: ` +
      `npx nx run ${layer}:destroy --stack ${stack} destroys ${listOf(order)} in this order, and ` +
      `npx nx run-many -t deploy --stack ${stack} deploys them again`,
  );
}

function textOf({ path, before, after, resource }: Lost): string {
  if (after !== undefined) return `${path} ${JSON.stringify(before)} to ${JSON.stringify(after)}`;
  return resource === undefined
    ? `${path} ${JSON.stringify(before)} would be gone`
    : `${path} (${resource} would be deleted or made anew)`;
}

function listOf(items: readonly string[]): string {
  return items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
