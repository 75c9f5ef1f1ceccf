import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Layer, layers } from '@envoy-poc/layers';
import { z } from 'zod';
import { StackError } from './errors.ts';
import type { Target } from './layer.ts';
import { pulumi } from './pulumi.ts';

const manifest = z.object({ dependencies: z.record(z.string(), z.string()).default({}) });
const stackList = z.array(z.object({ name: z.string(), resourceCount: z.number().default(0) }));

/** The layers that read what `layer` publishes, by the dependencies in their package.json. */
async function dependentsOf(layer: Layer, root: string): Promise<Layer[]> {
  const found: Layer[] = [];
  for (const other of layers) {
    const text = await readFile(join(root, 'projects', other, 'package.json'), 'utf8');
    if (`@envoy-poc/${layer}` in manifest.parse(JSON.parse(text)).dependencies) found.push(other);
  }
  return found;
}

/** How many resources the stacks of a layer's project hold, by the backend's own list. */
export async function resourceCounts(folder: string): Promise<Map<string, number>> {
  const { code, output } = await pulumi(['stack', 'ls', '--json'], { cwd: folder, show: false });
  if (code !== 0) throw new StackError(output.trim());
  return new Map(stackList.parse(JSON.parse(output)).map(({ name, resourceCount }) => [name, resourceCount]));
}

/** A layer that has resources and reads what another publishes. */
export interface Dependent {
  layer: Layer;
  /** How many it has. */
  resources: number;
}

/** The layers with resources that read what a layer publishes, in the order in which they are deployed. */
export async function livingDependents({ layer, stack }: Target, root: string): Promise<Dependent[]> {
  const found = await Promise.all(
    (await dependentsOf(layer, root)).map(async (layer) => {
      const resources = (await resourceCounts(join(root, 'projects', layer))).get(stack) ?? 0;
      return { layer, resources };
    }),
  );
  return found.filter(({ resources }) => resources > 0);
}

/**
 * Makes sure that nothing needs a stack that is about to be destroyed.
 * @throws {StackError} naming the layers that do, before anything is touched.
 */
export async function checkNoDependents(target: Target, root: string): Promise<void> {
  const { layer, stack } = target;
  const alive = (await livingDependents(target, root)).map(
    ({ layer, resources }) => `${layer} (${resources} resources)`,
  );
  if (alive.length > 0) {
    throw new StackError(
      `${layer}, stack ${stack}, is still needed by ${alive.join(' and ')}; nothing was touched. ` +
        `To destroy these first and then this: npx nx run ${layer}:destroy --stack ${stack}`,
    );
  }
}
