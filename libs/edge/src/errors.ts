/** One thing that is wrong with the limits, the demand or the topology. */
export interface LimitFault {
  /** `VALUE`: wrong by itself; the others: values that cannot work together, or where the edge runs. */
  code: 'VALUE' | 'CAPACITY' | 'RATE' | 'IDLE_TIMES' | 'DRAIN_TIMES' | 'INTERVALS' | 'TOPOLOGY';
  /** The field, which is the configuration's key, such as `connectionsPerPod`; `topology.…` for where the edge runs. */
  key: string;
  /** What was given. */
  value: unknown;
  /** What is wrong with it and the next step. */
  message: string;
}

/** The limits or the topology cannot work; names every fault at once. */
export class EdgeConfigError extends Error {
  override readonly name = 'EdgeConfigError';
  readonly code = 'EDGE_CONFIG';
  readonly faults: readonly LimitFault[];

  constructor(faults: readonly LimitFault[]) {
    const lines = faults.map(({ key, value, message }) => `  ${key} = ${JSON.stringify(value)}: ${message}`);
    super(`the edge cannot be configured like this:\n${lines.join('\n')}`);
    this.faults = faults;
  }
}
