import { z } from 'zod';
import { StackError } from './errors.ts';
import type { Target } from './layer.ts';
import { pulumi } from './pulumi.ts';

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
const answers = /^--(import|clear)-pending-creates\b/;

/**
 * Makes sure that no earlier run was cut off while it made something. Pulumi would go on with a warning and make it
 * once more, and a refresh that nobody can answer leaves it open.
 *
 * @param more the user's own words for Pulumi
 * @throws {StackError} naming what was being made, and how to say what became of it; nothing is touched.
 */
export async function checkNoPendingCreates(
  { layer, stack, folder }: Target,
  more: readonly string[],
): Promise<void> {
  if (more.some((word) => answers.test(word))) return;
  const { code, output } = await pulumi(['stack', 'export', '--stack', stack], { cwd: folder, show: false });
  // Whatever is wrong then, the verb itself says it better.
  if (code !== 0) return;
  const { deployment } = exported.parse(JSON.parse(output));
  const urns = (deployment?.pending_operations ?? [])
    .filter(({ type }) => type === 'creating')
    .map(({ resource }) => resource.urn);
  if (urns.length === 0) return;
  const refresh = `cd projects/${layer} && npx stack refresh --stack ${stack}`;
  const found = urns.map(
    (urn) => `--import-pending-creates '${urn}' --import-pending-creates <id of ${urn.split('::').at(-1)}>`,
  );
  throw new StackError(
    `an earlier run of ${layer}, stack ${stack}, was cut off while it made ${urns.map((urn) => urn.split('::').at(-1)).join(', ')}, ` +
      'and nobody knows whether it is there; nothing was touched. Look for it in AWS.\n' +
      `If it is there, take it over: ${refresh} ${found.join(' ')}\n` +
      `If it is not: ${refresh} --clear-pending-creates`,
  );
}
