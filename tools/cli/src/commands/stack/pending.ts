import { z } from 'zod';
import { StackError } from './errors.ts';
import type { Target } from './layer.ts';
import { pulumi } from './pulumi.ts';
import type { PulumiArguments } from './words.ts';

const exported = z.object({
  deployment: z
    .object({
      pending_operations: z
        .array(z.object({ type: z.string(), resource: z.object({ urn: z.string() }) }))
        .nullish(),
    })
    .nullish(),
});

/** The options of `pulumi refresh` that say what became of interrupted creates. */
const answers = ['import-pending-creates', 'clear-pending-creates'];

/**
 * Makes sure that no earlier run was cut off while it made something. Pulumi would go on with a warning and make it
 * once more, and a refresh that nobody can answer leaves it open.
 *
 * @param words the user's own words
 * @throws {StackError} naming what was being made and the next step; nothing is touched.
 */
export async function checkNoPendingCreates(
  { layer, stack, folder }: Target,
  words: PulumiArguments,
): Promise<void> {
  if (words.options.some(({ name }) => answers.includes(name))) return;
  const { code, output } = await pulumi(['stack', 'export', '--stack', stack], { cwd: folder, show: false });
  // Whatever is wrong then, the verb itself says it better.
  if (code !== 0) return;
  const { deployment } = exported.parse(JSON.parse(output));
  const urns = (deployment?.pending_operations ?? [])
    .filter(({ type }) => type === 'creating')
    .map(({ resource }) => resource.urn);
  if (urns.length === 0) return;
  throw new StackError(
    `an earlier run of ${layer}, stack ${stack}, was cut off while it made ${urns.map(nameOf).join(' and ')}, and nobody ` +
      'knows whether it is there; nothing was touched. Look for it in AWS. If it is there, delete it: nothing uses it ' +
      `yet. Then: npx nx run ${layer}:refresh --stack ${stack} --clear-pending-creates`,
  );
}

/** `name (type)` of a URN. */
function nameOf(urn: string): string {
  const [, , types = '', name = ''] = urn.split('::');
  return `${name} (${types.split('$').at(-1)})`;
}
