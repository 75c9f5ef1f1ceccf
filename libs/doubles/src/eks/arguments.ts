import type * as pulumi from '@pulumi/pulumi';

/** @throws {Error} when there are arguments that the double does not know */
export function checkArguments(what: string, inputs: pulumi.Inputs, known: readonly string[]): void {
  const unknown = Object.keys(inputs).filter((name) => inputs[name] !== undefined && !known.includes(name));
  if (unknown.length === 0) return;
  throw new Error(
    `${what}: the double does not know ${unknown.join(', ')}; expand it as pulumi-eks does, in src/eks`,
  );
}
