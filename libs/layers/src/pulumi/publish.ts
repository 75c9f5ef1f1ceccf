import * as pulumi from '@pulumi/pulumi';
import type { Contract, Layer } from '../contract.ts';
import { ContractError } from '../errors.ts';
import { checkOutputs } from '../parse.ts';
import { keepSecret } from './secrets.ts';

/** A value whose parts, at any depth, may still be Outputs. */
export type Publishable<T> = pulumi.Input<
  T extends readonly (infer U)[]
    ? Publishable<U>[]
    : T extends object
      ? { [K in keyof T]: Publishable<T[K]> }
      : T
>;

/**
 * What a layer exports: checks the values against the layer's contract, all faults together, and gives the object
 * for the program's exports. Secrets stay secret, each for itself, and so does what holds a secret of the configuration. A preview is checked when all values are known.
 *
 * @throws {pulumi.RunError} through the returned Outputs, when a value is not what the contract says.
 */
export function publish<L extends Layer>(
  layer: L,
  outputs: { [K in keyof Contract<L>]: Publishable<Contract<L>[K]> },
): Record<string, pulumi.Output<unknown>> {
  const values: [string, pulumi.Output<unknown>][] = Object.entries(outputs).map(([name, value]) => [
    name,
    pulumi.output(keepSecret(value)),
  ]);
  const checked = pulumi.all(Object.fromEntries(values)).apply(async (plain) => {
    const secrets = await Promise.all(
      values.map(async ([name, value]) => ((await pulumi.isSecret(value)) ? name : '')),
    );
    try {
      checkOutputs(layer, pulumi.getStack(), plain, secrets);
      return true;
    } catch (error) {
      throw error instanceof ContractError ? new pulumi.RunError(error.message) : error;
    }
  });
  // Waiting for the check would make every output of a preview unknown when one is; it runs all the same.
  if (pulumi.runtime.isDryRun()) return Object.fromEntries(values);
  const gate = pulumi.unsecret(checked);
  return Object.fromEntries(
    values.map(([name, value]) => [name, value.apply((plain) => gate.apply(() => plain))]),
  );
}
