/** What can be done with the stack of a layer. */
export const verbs = ['preview', 'deploy', 'refresh', 'drift', 'destroy', 'outputs'] as const;

export type Verb = (typeof verbs)[number];

/** What each does, for `--help`. */
export const meanings: Record<Verb, string> = {
  preview: 'Shows what a deploy would change.',
  deploy: 'Deploys the layer.',
  refresh: 'Updates the state from the deployed resources.',
  drift: 'Fails if deployed resources differ from the state. Changes nothing.',
  destroy: 'Deletes the resources of the layer. Refuses while a layer that needs it has resources.',
  outputs: 'Prints the outputs of the layer as JSON.',
};

/** Command lines that people type, for `--help`. */
export const examples: Record<Verb, readonly string[]> = {
  preview: ['preview network', 'preview --all --stack staging'],
  deploy: ['deploy network', 'deploy --all', 'deploy workloads --stack staging --diff'],
  refresh: ['refresh cluster'],
  drift: ['drift --all'],
  destroy: ['destroy workloads', 'destroy --all --yes'],
  outputs: ['outputs workloads', 'outputs workloads url'],
};

/**
 * The words for `pulumi`, without stack and options. Without a refresh, a deploy compares the program with the state
 * and not with reality, so that what somebody changed by hand would stay.
 */
export const pulumiWords: Record<Verb, readonly string[]> = {
  preview: ['preview', '--refresh'],
  deploy: ['up', '--yes', '--refresh'],
  refresh: ['refresh', '--yes'],
  drift: ['refresh', '--preview-only', '--expect-no-changes'],
  destroy: ['destroy', '--yes'],
  outputs: ['stack', 'output', '--json'],
};

/** The command of `pulumi` that a verb runs, such as `up` or `stack output`. */
export function pulumiCommand(verb: Verb): string {
  return pulumiWords[verb].filter((word) => !word.startsWith('-')).join(' ');
}
