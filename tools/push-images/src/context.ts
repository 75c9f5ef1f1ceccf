import type { Progress } from './progress.ts';

/** What a push works with. */
export interface Context {
  /** The workspace's folder. */
  readonly root: string;
  /** Aborted when the user wants to stop. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** The AWS profile whose credentials are used; without one, those that the SDK finds. */
  readonly profile?: string | undefined;
}
