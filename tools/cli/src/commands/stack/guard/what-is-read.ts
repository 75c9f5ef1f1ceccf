import { join } from 'node:path';
import { z } from 'zod';
import type { Dependent } from '../dependents.ts';
import type { Target } from '../layer.ts';
import { pulumi } from '../pulumi.ts';
import type { Lost } from './changes-under.ts';
import { textsOf } from './plan.ts';

/** A stack's state, as far as it says what was read of other stacks. */
const exported = z.object({
  deployment: z.object({
    resources: z.array(
      z.object({ type: z.string(), id: z.string().optional(), outputs: z.looseObject({}).optional() }),
    ),
  }),
});

const REFERENCE = 'pulumi:pulumi:StackReference';

/**
 * Leaves out what no other layer has seen yet, such as a third zone whose deploy failed: no resource stands on it. What
 * a layer saw when it was deployed last is in its state.
 */
export async function onlySeen(
  lost: readonly Lost[],
  target: Target,
  dependents: readonly Dependent[],
  root: string,
): Promise<readonly Lost[]> {
  if (lost.length === 0) return lost;
  const seen = await Promise.all(
    dependents.map(({ layer }) => textsSeen(target, join(root, 'projects', layer))),
  );
  return lost.filter(
    ({ before }) =>
      typeof before !== 'string' || seen.some((texts) => texts === undefined || texts.has(before)),
  );
}

/** All texts that a layer read of another one; undefined where its state does not say. */
async function textsSeen({ layer, stack }: Target, folder: string): Promise<Set<string> | undefined> {
  const { code, output } = await pulumi(['stack', 'export', '--stack', stack], { cwd: folder, show: false });
  if (code !== 0) return undefined;
  try {
    const { resources } = exported.parse(JSON.parse(output)).deployment;
    const read = resources.find(
      ({ type, id }) => type === REFERENCE && id === `organization/${layer}/${stack}`,
    );
    return read?.outputs && new Set(textsOf(read.outputs));
  } catch {
    return undefined;
  }
}
