import type { StackTags } from '@envoy-poc/layers';
import { type AwsPlace, awsOptions } from '#runtime';
import { ownerOf, type Tag } from './owner.ts';

/** Where leftovers are looked for, and whose. */
export interface Scope extends StackTags {
  readonly place: AwsPlace;
  /** The stack's cluster; undefined: its name is another stack's too, and tells nothing. */
  readonly clusterName: string | undefined;
  /** The beginning of the names of the stack's repositories. */
  readonly repositoryPrefix: string;
  /** Ids of the stack's VPCs that are still there; what stands in them is the stack's. */
  vpcs(): Promise<readonly string[]>;
}

/** What is left of a kind, and what removes it. */
interface Leftovers {
  /** Ids or names, as AWS shows them. */
  readonly ids: readonly string[];
  /** Commands of the AWS CLI in the order that works, each a line. */
  readonly commands: readonly string[];
}

/** A kind of thing that AWS keeps. */
export interface ResourceKind {
  /** In kebab case. */
  readonly id: string;
  readonly title: string;
  /** The IAM action that looking needs. */
  readonly action: string;
  /** Finds what is left. Changes nothing. */
  find(scope: Scope, signal: AbortSignal): Promise<Leftovers>;
}

/** Something in the account, with what tells whose it is. */
export interface Thing {
  /** Id or name, as AWS shows it. */
  readonly id: string;
  readonly tags: readonly Tag[] | undefined;
  /** The VPC it stands in, which tells whose it is when its tags do not. */
  readonly vpc?: string | undefined;
  /** Whether it is the stack's by its name, when its tags say nothing. */
  readonly byName?: boolean;
}

/** Looks around in an account. */
export interface Look {
  readonly scope: Scope;
  readonly abortSignal: AbortSignal;
  /** What clients are made with. */
  readonly options: ReturnType<typeof awsOptions>;
  /** All that AWS gives in pages. */
  all<Client, Input, Page, Item>(
    paginate: (config: { client: Client }, input: Input, options: object) => AsyncIterable<Page>,
    client: Client,
    input: Input,
    itemsOf: (page: Page) => readonly Item[] | undefined,
  ): Promise<Item[]>;
}

/** How a kind is found and removed. */
export interface KindSpec<T extends Thing> extends Pick<ResourceKind, 'id' | 'title' | 'action'> {
  /** All of the kind that can be left over, whosever they are. */
  list(look: Look): Promise<readonly T[]>;
  /** The words after `aws` of each command that removes those of the stack. */
  remove(things: readonly T[], look: Look): string[][] | Promise<string[][]>;
}

/**
 * A kind of which the stack's are named: those with its tags, and those that are nobody else's where it stood.
 *
 * Each service is asked itself. The Resource Groups Tagging API would list most kinds in one call, but what was deleted
 * shows there for hours (https://github.com/aws/aws-cli/issues/8197), which after a destroy is everything; and IAM roles
 * do not (https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html).
 */
export function kindOf<T extends Thing>({ list, remove, ...kind }: KindSpec<T>): ResourceKind {
  return {
    ...kind,
    async find(scope, abortSignal) {
      const look: Look = {
        ...{ scope, abortSignal, options: awsOptions(scope.place) },
        async all(paginate, client, input, itemsOf) {
          const items = [];
          for await (const page of paginate({ client }, input, { abortSignal }))
            items.push(...(itemsOf(page) ?? []));
          return items;
        },
      };
      const things: T[] = [];
      for (const thing of await list(look)) if (await isOurs(thing, scope)) things.push(thing);
      const words = things.length > 0 ? await remove(things, look) : [];
      return {
        ids: things.map(({ id }) => id),
        commands: words.map((more) => commandLine(scope.place, more)),
      };
    },
  };
}

async function isOurs({ tags, vpc, byName }: Thing, scope: Scope): Promise<boolean> {
  const owner = ownerOf(tags, scope);
  if (owner !== 'unknown' || byName) return owner !== 'others';
  return vpc !== undefined && (await scope.vpcs()).includes(vpc);
}

/** A command for each. */
export const each = (things: readonly Thing[], ...words: string[]): string[][] =>
  things.map(({ id }) => [...words, id]);

/** One command for all. */
export const together = (things: readonly Thing[], ...words: string[]): string[] => [
  ...words,
  ...things.map(({ id }) => id),
];

/** A command line of the AWS CLI; words are quoted where a shell would take them apart. */
function commandLine({ region, profile }: AwsPlace, words: readonly string[]): string {
  const where = ['--region', region, ...(profile === undefined ? [] : ['--profile', profile])];
  return ['aws', ...words, ...where].map(quoted).join(' ');
}

const quoted = (word: string) =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
