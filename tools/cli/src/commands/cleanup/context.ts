import type { AwsProfile, RunTool } from '#runtime';
import type { Scope } from './kind.ts';

/** What the stack's settings say. */
export interface CleanupSettings extends Omit<Scope, 'vpcs'> {
  /** Other stacks whose cluster has the same name in the same region. */
  readonly sharers: readonly string[];
  /** Account ids that the layers may be deployed in; empty: any. */
  readonly allowedAccounts: readonly string[];
  /** Where the state is; undefined: where Pulumi is logged in. */
  readonly backendUrl: string | undefined;
}

/** What the checks have of their surroundings. */
export interface CleanupContext {
  /** The workspace's folder. */
  readonly root: string;
  readonly stack: string;
  readonly env: NodeJS.ProcessEnv;
  readonly run: RunTool;
  /** @throws {CheckError} when the stack has none */
  settings(): Promise<CleanupSettings>;
  /** The profile that deploys; undefined: default credentials. @throws {CheckError} when it is not on this machine */
  profile(): Promise<AwsProfile | undefined>;
  scope(): Promise<Scope>;
  /** Told what removes the leftovers of a kind; gives what to say of that beside them. */
  found(kind: string, commands: readonly string[]): string;
}
