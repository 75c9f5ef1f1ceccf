import * as z from 'zod';
import { type Contract, exampleOf, type Layer, schemas } from './contract.ts';
import { ContractError } from './errors.ts';

/** The command that deploys a layer's stack. */
export function deployCommand(layer: Layer, stack: string): string {
  return `npx nx run ${layer}:deploy --stack ${stack}`;
}

/**
 * Checks the outputs of another layer's stack, for example those of `pulumi stack output --json`.
 * Outputs the contract does not know are left out: a newer layer may publish more.
 *
 * @param secretNames outputs whose values no message may show
 * @throws {ContractError} ERR_READ, with every missing or wrong output, what was expected, and the command that
 *   deploys the layer.
 */
export function parseOutputs<L extends Layer>(
  layer: L,
  stack: string,
  outputs: unknown,
  secretNames: readonly string[] = [],
): Contract<L> {
  const faults = faultsOf(layer, outputs, secretNames);
  if (faults.length > 0) {
    const none = Object.keys(outputs ?? {}).length === 0;
    const what = none
      ? 'has published nothing yet.'
      : `does not publish what this one reads:\n${faults.join('\n')}`;
    throw new ContractError(
      'ERR_READ',
      `layer ${layer}, stack ${stack}, ${what}\nDeploy it, then try again: ${deployCommand(layer, stack)}`,
    );
  }
  return schemas[layer].parse(outputs) as Contract<L>;
}

/**
 * Checks what a layer is about to publish.
 *
 * @throws {ContractError} ERR_PUBLISH, with every missing or wrong output and what was expected.
 */
export function checkOutputs(
  layer: Layer,
  stack: string,
  outputs: unknown,
  secretNames: readonly string[] = [],
): void {
  const faults = faultsOf(layer, outputs, secretNames);
  if (faults.length > 0) {
    throw new ContractError(
      'ERR_PUBLISH',
      `layer ${layer}, stack ${stack}, would break its contract:\n${faults.join('\n')}\n` +
        `Correct what projects/${layer}/src/index.ts publishes, or the schema in libs/layers/src/${layer}/outputs.ts.`,
    );
  }
}

/** The error for a stack that is not there. */
export function noStackError(layer: Layer, stack: string): ContractError {
  return new ContractError(
    'ERR_NO_STACK',
    `layer ${layer} has no stack ${stack} in this backend, and this layer reads its outputs.\n` +
      `Deploy it, then try again: ${deployCommand(layer, stack)}`,
  );
}

function faultsOf(layer: Layer, outputs: unknown, secretNames: readonly string[]): string[] {
  const result = schemas[layer].safeParse(outputs);
  return result.success
    ? []
    : result.error.issues.map((issue) => faultOf(layer, outputs, secretNames, issue));
}

function faultOf(
  layer: Layer,
  outputs: unknown,
  secretNames: readonly string[],
  issue: z.core.$ZodIssue,
): string {
  const output = String(issue.path[0] ?? '');
  const value = valueAt(outputs, issue.path);
  const shown = secretNames.includes(output) ? '[secret]' : JSON.stringify(value);
  const what = value === undefined ? 'is missing' : `is ${shown}, not valid (${issue.message})`;
  return `  - output ${issue.path.join('.')} ${what}; expected ${expectation(layer, output)}`;
}

function expectation(layer: Layer, output: string): string {
  const shape: Record<string, z.ZodType> = schemas[layer].shape;
  const description = z.globalRegistry.get(shape[output] ?? z.unknown())?.description ?? 'a valid value';
  const example = new Map<string, unknown>(Object.entries(exampleOf(layer))).get(output);
  return `${description}, for example ${JSON.stringify(example)}`;
}

function valueAt(outputs: unknown, path: readonly PropertyKey[]): unknown {
  let value = outputs;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
