import { getProject, getStack, RunError } from '@pulumi/pulumi';
import { LayerError } from '../errors.ts';
import type { ConfigFault } from '../parse-config.ts';
import { isSecretKey, withoutSecrets } from './secrets.ts';

/** Does work whose errors, where they are for people, Pulumi prints without a stack trace. */
export async function plainly<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof LayerError ? new RunError(error.message) : error;
  }
}

/** The stack's configuration cannot work; names every fault at once. Pulumi prints it without a stack trace. */
export class StackConfigError extends RunError {
  readonly code = 'STACK_CONFIG';
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    const [project, stack] = [getProject(), getStack()];
    const lines = faults.map((fault) => `  ${lineOf(fault, project)}`);
    super(
      `the configuration of ${project}, stack ${stack}, cannot work:\n${lines.join('\n')}\n` +
        `Change a value with: pulumi config set ${project}:<key> <value> --stack ${stack}`,
    );
    this.name = 'StackConfigError';
    this.faults = faults;
  }
}

function lineOf({ key, value, message }: ConfigFault, project: string): string {
  const name = key.includes(':') ? key : `${project}:${key}`;
  if (value === undefined) return key === name ? `${name} ${message}` : `${name} is not set: ${message}`;
  // What is wrong with a secret would tell of it.
  if (isSecretKey(`${project}:${key.split('.')[0]}`)) {
    return `${name} is secret, and not valid; Pulumi.yaml describes what it takes`;
  }
  return withoutSecrets(`${name} = ${JSON.stringify(value)}: ${message}`);
}
