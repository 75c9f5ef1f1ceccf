import type { AwsPlace } from '#runtime';

/** Where leftovers are looked for, and whose. */
export interface Scope {
  readonly place: AwsPlace;
  readonly stack: string;
  /** The stack's cluster; undefined: its name is another stack's too, and tells nothing. */
  readonly clusterName: string | undefined;
  /** The beginning of the names of the stack's repositories. */
  readonly repositoryPrefix: string;
  /** Ids of the stack's VPCs that are still there; what stands in them is the stack's. */
  vpcs(): Promise<readonly string[]>;
}

/** What is left of a kind, and what removes it. */
export interface Leftovers {
  /** Ids or names, as AWS shows them. */
  readonly ids: readonly string[];
  /** Commands of the AWS CLI in the order that works, each a line. */
  readonly commands: readonly string[];
}

/** A kind of thing that AWS keeps. */
export interface Kind {
  /** In kebab case. */
  readonly id: string;
  readonly title: string;
  /** The IAM action that looking needs. */
  readonly action: string;
  /** Finds what is left. Changes nothing. */
  find(scope: Scope, signal: AbortSignal): Promise<Leftovers>;
}

export const nothing: Leftovers = { ids: [], commands: [] };

/** A command line of the AWS CLI, in the scope's place; words are quoted where a shell would take them apart. */
export function aws({ place: { region, profile } }: Pick<Scope, 'place'>, words: readonly string[]): string {
  const where = ['--region', region, ...(profile === undefined ? [] : ['--profile', profile])];
  return ['aws', ...words, ...where].map(quoted).join(' ');
}

const quoted = (word: string) =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
