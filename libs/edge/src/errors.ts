/** One thing that is wrong with the limits or the topology. */
export interface Problem {
  /** Where: a property path such as `limits.admission.burst`. */
  path: string;
  /** What was given. */
  value: unknown;
  /** What is wrong with it and the way out. */
  message: string;
}

/** The limits or the topology cannot work; names every problem at once. */
export class EdgeConfigError extends Error {
  override readonly name = 'EdgeConfigError';
  readonly code = 'EDGE_CONFIG';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems.map((p) => `  ${p.path} = ${JSON.stringify(p.value)}: ${p.message}`);
    super(`the edge cannot be configured like this:\n${lines.join('\n')}`);
    this.problems = problems;
  }
}
