import type { Contract, Layer } from '@envoy-poc/layers';
import type { Workload } from '@envoy-poc/layers/workloads';
import type { AwsPlace, RunTool } from '#runtime';
import type { Kubernetes } from './observed/kubernetes.ts';
import type { ObservedPlatform } from './observed/platform.ts';

/** What the checks of a data plane have of their surroundings. */
export interface VerifyContext {
  /** The data plane that is looked at. @throws {CheckError} when there is none */
  plane(): Promise<ObservedPlatform>;
  /** What to type to look at a workload more closely. */
  readonly look: (workload: Workload) => Promise<string>;
  /** What to type to see what the edges count. */
  statistics(): Promise<string>;
  /** IPv4 ranges that pods have addresses of; undefined: the pods' own addresses tell. */
  podRanges(): Promise<readonly string[] | undefined>;
  /** How long exchanges and logs are looked at. */
  readonly windowSeconds: number;
}

/** What checks of a cluster have besides. */
export interface KubernetesContext extends VerifyContext {
  /** @throws {CheckError} when there is no kubeconfig of use */
  kubernetes(): Promise<Kubernetes>;
  /** Nodes that should be ready; undefined: as many as there are. */
  nodes(): Promise<number | undefined>;
  /** That of the workloads. */
  namespace(): Promise<string>;
}

/** What checks of a deployed stack have besides. */
export interface StackContext extends KubernetesContext {
  readonly root: string;
  readonly stack: string;
  readonly run: RunTool;
  /** @throws {CheckError} when the stack has no settings */
  place(): Promise<AwsPlace>;
  /** What a layer publishes. @throws {CheckError} when it does not */
  outputs<L extends Layer>(layer: L): Promise<Contract<L>>;
}
