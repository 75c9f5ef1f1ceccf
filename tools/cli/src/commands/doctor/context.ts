import type { Layer } from '@envoy-poc/layers';
import type { RunTool, StackSettings } from '#runtime';

/** What the checks have of their surroundings. */
export interface DoctorContext {
  /** The workspace's folder. */
  readonly root: string;
  readonly stack: string;
  readonly env: NodeJS.ProcessEnv;
  readonly today: Date;
  readonly run: RunTool;
  /** Settings of all layers' stacks. @throws {CheckError} when one has none */
  settings(): Promise<ReadonlyMap<Layer, StackSettings>>;
}
