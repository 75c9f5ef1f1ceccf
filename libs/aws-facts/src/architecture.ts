/** The processors of an instance type, in AWS's words. */
export type Architecture = 'x86_64' | 'arm64';

/**
 * The processors of an instance type, by its name: a `g` right after the generation is AWS Graviton, and so is the first
 * family that had it, `a1`. It takes new families for what they are, which a list would not
 * (https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html).
 */
export function architectureOf(instanceType: string): Architecture {
  return /^(a1|[a-z]+\d+g[a-z]*)[.-]/.test(instanceType) ? 'arm64' : 'x86_64';
}
