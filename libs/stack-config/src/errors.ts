import { getProject, getStack, RunError } from '@pulumi/pulumi';

/** One value of a stack's configuration that cannot be used. */
export interface ConfigFault {
  /** The key without its project, such as `serverReplicas`. */
  key: string;
  /** The value seen; undefined when there is none. */
  value: unknown;
  /** What is wrong with it and the way out. */
  message: string;
}

/** The stack's configuration cannot work; names every fault at once. Pulumi prints it without a stack trace. */
export class StackConfigError extends RunError {
  readonly code = 'STACK_CONFIG';
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    const [project, stack] = [getProject(), getStack()];
    const lines = faults.map(({ key, value, message }) => {
      const seen = value === undefined ? 'is not set' : `= ${JSON.stringify(value)}`;
      return `  ${project}:${key} ${seen}: ${message}`;
    });
    super(
      `the configuration of ${project}, stack ${stack}, cannot work:\n${lines.join('\n')}\n` +
        `Change a value with: pulumi config set ${project}:<key> <value> --stack ${stack}`,
    );
    this.name = 'StackConfigError';
    this.faults = faults;
  }
}
