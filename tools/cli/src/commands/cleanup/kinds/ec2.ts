import { EC2Client } from '@aws-sdk/client-ec2';
import { awsOptions } from '#runtime';
import { aws, type Kind, type Scope } from '../kind.ts';
import { ownerOf, type Tag } from '../owner.ts';

/** Something of EC2's, with what tells whose it is. */
export interface Ec2Thing {
  readonly id: string;
  readonly tags: readonly Tag[] | undefined;
  /** The VPC it stands in; undefined: in none. */
  readonly vpc?: string | undefined;
}

/** How a kind of EC2's is found and removed. */
export interface Ec2Kind<Thing extends Ec2Thing> {
  readonly id: string;
  readonly title: string;
  /** Such as `DescribeVolumes`. */
  readonly operation: string;
  /** All of the kind in the region that can be left over, whosever they are. */
  list(client: EC2Client, signal: AbortSignal): AsyncIterable<readonly Thing[]>;
  /** The words after `aws ec2` of each command that removes them. */
  remove(things: readonly Thing[], client: EC2Client, signal: AbortSignal): string[][] | Promise<string[][]>;
}

/** A kind of EC2's, of which the stack's are named: those with its tags, and those in its VPC that are nobody else's. */
export function ec2Kind<Thing extends Ec2Thing>(kind: Ec2Kind<Thing>): Kind {
  const { id, title, operation } = kind;
  return {
    ...{ id, title, action: `ec2:${operation}` },
    async find(scope, signal) {
      const client = new EC2Client(awsOptions(scope.place));
      const things: Thing[] = [];
      for await (const page of kind.list(client, signal)) {
        for (const thing of page) if (await isOurs(thing, scope)) things.push(thing);
      }
      const words = things.length > 0 ? await kind.remove(things, client, signal) : [];
      return { ids: things.map(({ id }) => id), commands: words.map((more) => aws(scope, ['ec2', ...more])) };
    },
  };
}

async function isOurs({ tags, vpc }: Ec2Thing, scope: Scope): Promise<boolean> {
  const owner = ownerOf(tags, scope);
  if (owner !== 'unknown' || vpc === undefined) return owner === 'ours';
  return (await scope.vpcs()).includes(vpc);
}

/** A command for each. */
export const each = (things: readonly Ec2Thing[], ...words: string[]): string[][] =>
  things.map(({ id }) => [...words, id]);

/** One command for all. */
export const together = (things: readonly Ec2Thing[], ...words: string[]): string[] => [
  ...words,
  ...things.map(({ id }) => id),
];
