import type { RunTool } from '#runtime';

/** A stack's cluster, and as whom a person uses it; from the stack's settings. */
export interface ClusterPlace {
  /** The cluster's name. */
  readonly name: string;
  readonly region: string;
  /** The AWS CLI profile that asks for tokens. */
  readonly profile: string;
  /** The profile that deploys; undefined: default credentials. */
  readonly deployProfile: string | undefined;
  /** `cluster:adminPrincipalArns`. */
  readonly admins: readonly string[];
  /** The namespace of the workloads. */
  readonly namespace: string;
}

/** What EKS says of a cluster that is up. */
export interface Cluster {
  readonly arn: string;
  /** URL of the API server. */
  readonly endpoint: string;
  /** Its CA certificate, PEM in base64. */
  readonly certificateAuthority: string;
}

/** What the checks have of their surroundings. */
export interface AccessContext {
  readonly stack: string;
  readonly env: NodeJS.ProcessEnv;
  readonly today: Date;
  readonly run: RunTool;
  /** The kubeconfig to write; undefined: where kubectl looks. */
  readonly kubeconfig: string | undefined;
  /** @throws {CheckError} when the stack has no settings */
  place(): Promise<ClusterPlace>;
  /** Who the profile is: an ARN. @throws {CheckError} */
  identity(): Promise<string>;
  /** @throws {CheckError} when it is not there or not up */
  cluster(): Promise<Cluster>;
  /** Who the API server takes the profile for: a user name. @throws {CheckError} when it does not let it in */
  username(): Promise<string>;
  /** Whether a right is given. @throws {CheckError} */
  may(right: Right): Promise<boolean>;
}

/** Something that somebody may be allowed to do in Kubernetes. */
export interface Right {
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  /** Undefined: in the whole cluster. */
  readonly namespace?: string;
}
