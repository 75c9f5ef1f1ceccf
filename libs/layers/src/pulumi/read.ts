import * as pulumi from '@pulumi/pulumi';
import pRetry from 'p-retry';
import * as z from 'zod';
import { type Contract, type Layer, schemas } from '../contract.ts';
import { ContractError } from '../errors.ts';
import { noStackError, parseOutputs } from '../parse.ts';
import { noteSecret } from './secrets.ts';

/** What a layer publishes, each output an Output. */
export type Outputs<L extends Layer> = { [K in keyof Contract<L>]: pulumi.Output<Contract<L>[K]> };

/** The engine's answer to `pulumi:pulumi:readStackOutputs`. */
const stackOutputs = z.object({
  outputs: z.record(z.string(), z.unknown()),
  secretOutputNames: z.array(z.string()).default([]),
});

/**
 * Reads what another layer publishes, before anything of this one is created. Secrets stay secret, each for itself;
 * in a preview, what is unknown stays so.
 *
 * @param layer the layer, which is also the name of its Pulumi project
 * @param stack its stack; by default the one of the same name as this
 * @throws {pulumi.RunError} when the stack or an output is missing or wrong: it names the layer, the stack, every
 *   such output, what was expected, and the command that deploys the layer.
 */
export async function read<L extends Layer>(
  layer: L,
  stack: string = pulumi.getStack(),
): Promise<Outputs<L>> {
  const name = `organization/${layer}/${stack}`;
  try {
    const { outputs, secretOutputNames } = await readStackOutputs(layer, stack, name);
    // A program that looks into an output has it in plain text, and may put it into a resource.
    for (const secret of secretOutputNames) noteSecret(outputs[secret]);
    if (!pulumi.containsUnknowns(outputs)) parseOutputs(layer, stack, outputs, secretOutputNames);
  } catch (error) {
    // Pulumi prints a RunError without a stack trace.
    throw error instanceof ContractError ? new pulumi.RunError(error.message + previewWords(stack)) : error;
  }
  const reference = new pulumi.StackReference(name);
  const names = Object.keys(schemas[layer].shape);
  return Object.fromEntries(names.map((output) => [output, reference.getOutput(output)])) as Outputs<L>;
}

/** What can be seen before what a preview needs is deployed; empty outside of previews. */
function previewWords(stack: string): string {
  if (!pulumi.runtime.isDryRun()) return '';
  return `\nBefore that only layers that read no other can be previewed; all five, on doubles of AWS: npx envoy-poc cost --stack ${stack}`;
}

/**
 * What this layer's own stack published last, as the state has it: only what still is what the contract says, for an
 * older version may have published it. Empty before the first deploy.
 */
export async function readOwn<L extends Layer>(layer: L): Promise<Partial<Contract<L>>> {
  const stack = pulumi.getStack();
  try {
    const { outputs } = await readStackOutputs(layer, stack, `organization/${layer}/${stack}`);
    const valid = Object.entries(schemas[layer].shape).flatMap(([name, schema]: [string, z.ZodType]) => {
      const parsed = schema.safeParse(outputs[name]);
      return parsed.success ? [[name, parsed.data]] : [];
    });
    return Object.fromEntries(valid) as Partial<Contract<L>>;
  } catch (error) {
    if (error instanceof ContractError && error.code === 'ERR_NO_STACK') return {};
    throw error;
  }
}

// A StackReference to a stack that is not there ends the deployment with the engine's own words and cannot be
// caught (pulumi/pulumi#16591); this call, which reads the same state, can.
async function readStackOutputs(layer: Layer, stack: string, name: string) {
  try {
    const read = () => pulumi.runtime.invoke('pulumi:pulumi:readStackOutputs', { name });
    return stackOutputs.parse(
      await pRetry(read, { retries: 5, minTimeout: 100, shouldRetry: ({ error }) => isHalfWritten(error) }),
    );
  } catch (error) {
    if (error instanceof Error && error.message.includes('unknown stack')) throw noStackError(layer, stack);
    throw error;
  }
}

/** Whether a read met a state that the engine, of this deploy or of another one, was about to write. */
function isHalfWritten({ message }: Error): boolean {
  return /failed to load checkpoint: .*(EOF|unexpected end of JSON input)/.test(message);
}
