import { join } from 'node:path';
import {
  type Contract,
  ContractError,
  deployCommand,
  type Layer,
  noStackError,
  parseOutputs,
} from '@envoy-poc/layers';
import { z } from 'zod';
import { CheckError } from './errors.ts';
import type { RunTool } from './run-tool.ts';

/**
 * What a layer's deployed stack publishes.
 *
 * @param root the workspace's folder
 * @throws {CheckError} when there is no Pulumi, no such stack, or not what its contract says
 */
export async function readStackOutputs<L extends Layer>(
  run: RunTool,
  root: string,
  layer: L,
  stack: string,
): Promise<Contract<L>> {
  const text = await pulumi(run, root, layer, stack, ['stack', 'output', '--json', '--stack', stack]);
  if (text === undefined)
    throw new CheckError(noStackError(layer, stack).message, deployCommand(layer, stack));
  try {
    return parseOutputs(layer, stack, JSON.parse(text));
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    throw new CheckError(error.message, deployCommand(layer, stack), { cause: error });
  }
}

const update = z.object({
  kind: z.string(),
  /** `succeeded`, `failed` or `in-progress`. */
  result: z.string(),
  /** Not there while it runs. */
  endTime: z.coerce.date().optional(),
});

/** What was last done to a stack, by the backend's own record. */
export type LastUpdate = z.infer<typeof update>;

/** The newest entry of a stack's history; undefined when it has none. @throws {CheckError} when nobody can be asked */
export async function readLastUpdate(
  run: RunTool,
  root: string,
  layer: Layer,
  stack: string,
): Promise<LastUpdate | undefined> {
  const words = ['stack', 'history', '--json', '--page-size', '1', '--stack', stack];
  const text = await pulumi(run, root, layer, stack, words);
  return text === undefined ? undefined : z.array(update).parse(JSON.parse(text))[0];
}

const stackList = z.array(z.object({ name: z.string(), resourceCount: z.number().default(0) }));

/** How many resources a layer's stack has in its state; 0 when there is no such stack. @throws {CheckError} when nobody can be asked */
export async function readResourceCount(
  run: RunTool,
  root: string,
  layer: Layer,
  stack: string,
): Promise<number> {
  const text = await pulumi(run, root, layer, stack, ['stack', 'ls', '--json']);
  const stacks = stackList.parse(JSON.parse(text ?? '[]'));
  return stacks.find(({ name }) => name === stack)?.resourceCount ?? 0;
}

/** Runs pulumi in a layer's folder; undefined when there is no such stack. */
async function pulumi(
  run: RunTool,
  root: string,
  layer: Layer,
  stack: string,
  words: readonly string[],
): Promise<string | undefined> {
  const options = { cwd: join(root, 'projects', layer) };
  const result = await run('pulumi', [...words, '--non-interactive'], options);
  if (!result)
    throw new CheckError('there is no pulumi on PATH', 'install it: https://www.pulumi.com/docs/install/');
  if (result.code === 0) return result.stdout;
  if (/no stack named/.test(result.stderr)) return undefined;
  throw new CheckError(
    `pulumi could not read stack ${stack} of ${layer}: ${result.stderr.trim()}`,
    `npx envoy-poc doctor --stack ${stack}`,
  );
}
