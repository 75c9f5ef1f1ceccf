import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Layer, layers } from '@envoy-poc/layers';
import { z } from 'zod';
import {
  type Check,
  fail,
  findAwsProfile,
  pass,
  readStackSettings,
  type StackSettings,
  warn,
} from '#runtime';
import type { DoctorContext } from '../context.ts';

/** The stack that is there first; what is copied from it has to change. */
const FIRST_STACK = 'dev';

/** A setting that names something of which there is one in an account and region, or in a cluster. */
interface Once {
  readonly layer: Layer;
  readonly key: string;
  /** What would collide. */
  readonly what: string;
  /** Keys that must be the same too for a collision; by default the account and the region. */
  readonly within?: readonly string[];
  /** A value for a stack, by what it has now. */
  differ(value: string, stack: string): string;
}

const append = (value: string, stack: string) => `${value}-${stack.toLowerCase()}`;

const onceOnly: readonly Once[] = [
  {
    layer: 'cluster',
    key: 'name',
    what: 'the cluster, its log group and the alias of its key are called by it',
    differ: append,
  },
  {
    layer: 'registry',
    key: 'repositoryPrefix',
    what: 'the repositories are called by it',
    differ: append,
  },
  {
    layer: 'workloads',
    key: 'namespace',
    what: 'both run in the same cluster',
    within: ['kubeconfig', 'context'],
    differ: append,
  },
];

/** The other stacks that layers have files for. */
async function siblingsOf({ root, stack }: DoctorContext): Promise<string[]> {
  const names = new Set<string>();
  for (const layer of layers) {
    for (const file of await readdir(join(root, 'projects', layer))) {
      const [, name] = /^Pulumi\.(.+)\.yaml$/.exec(file) ?? [];
      if (name !== undefined && name !== stack) names.add(name);
    }
  }
  return [...names].sort();
}

/** The settings of a sibling's layer; undefined when it has no file, or one that cannot be read. */
const settingsOf = ({ root, env }: DoctorContext, layer: Layer, stack: string) =>
  readStackSettings(root, layer, stack, env).catch(() => undefined);

/** Something of a sibling that would collide. */
interface Collision extends Once {
  readonly sibling: string;
  readonly value: string;
  /** Whether both are in one account for sure. */
  readonly certain: boolean;
}

async function collisionsWith(
  context: DoctorContext,
  own: ReadonlyMap<Layer, StackSettings>,
  sibling: string,
): Promise<Collision[]> {
  const found: Collision[] = [];
  const network = await settingsOf(context, 'network', sibling);
  for (const once of onceOnly) {
    const { layer, key, within } = once;
    const [mine, other] = [own.get(layer), await settingsOf(context, layer, sibling)];
    const value = mine?.get(key);
    if (!mine || !other || value === undefined || other.get(key) !== value) continue;
    const together = within
      ? within.some((k) => mine.get(k)) && within.every((k) => mine.get(k) === other.get(k))
      : await sameAccount(context, [mine, own.get('network')], [other, network]);
    if (together === false) continue;
    found.push({ ...once, sibling, value, certain: together === true });
  }
  return found;
}

type WithPlace = readonly (StackSettings | undefined)[];

/** Whether two stacks stand in one account and region; undefined when that cannot be told. */
async function sameAccount(
  context: DoctorContext,
  mine: WithPlace,
  others: WithPlace,
): Promise<boolean | undefined> {
  const [own, other] = [mine, others].map((settings) => (key: string) => firstOf(settings, key)) as [
    Get,
    Get,
  ];
  const region = (get: Get) => get('aws:region');
  if (region(own) !== region(other)) return false;
  const accounts = [await accountOf(context, own), await accountOf(context, other)];
  if (accounts.every((account) => account !== undefined)) return accounts[0] === accounts[1];
  return own('aws:profile') === other('aws:profile') ? true : undefined;
}

type Get = (key: string) => string | undefined;

function firstOf(settings: WithPlace, key: string): string | undefined {
  return settings.flatMap((one) => one?.get(key) ?? [])[0];
}

const accountIds = z.array(z.coerce.string()).length(1);

/** The account of a stack, as far as its settings and the profile on this machine tell. */
async function accountOf({ env }: DoctorContext, get: Get): Promise<string | undefined> {
  const allowed = get('aws:allowedAccountIds');
  if (allowed !== undefined) {
    try {
      return accountIds.parse(JSON.parse(allowed))[0];
    } catch {
      return undefined;
    }
  }
  const name = get('aws:profile');
  if (name === undefined) return undefined;
  const profile = await findAwsProfile(name, env).catch(() => undefined);
  return profile?.values.sso_account_id ?? /::(\d{12}):/.exec(profile?.values.role_arn ?? '')?.[1];
}

const siblings: Check<DoctorContext> = {
  id: 'sibling-stacks',
  title: 'differs from other stacks',
  needs: ['stack-files'],
  async run(context) {
    const { stack } = context;
    const own = await context.settings();
    const names = await siblingsOf(context);
    if (names.length === 0) return pass('there is no other stack in these folders');
    const all = (await Promise.all(names.map((name) => collisionsWith(context, own, name)))).flat();
    if (all.length === 0) return pass(`from ${names.join(', ')}: names that an account has once`);
    const seen = all
      .map(({ layer, key, value, sibling, what, certain }) => {
        const where = certain ? '' : ', which may be in the same account';
        return `${layer}:${key} is ${value} in stack ${sibling} too${where}: ${what}`;
      })
      .join('\n');
    // What was there first keeps its name: to rename it would be to replace it.
    const next = all
      .map((collision) => setCommand(collision, stack === FIRST_STACK ? collision.sibling : stack))
      .join('\n');
    const hard = all.some(({ certain }) => certain) && stack !== FIRST_STACK;
    return (hard ? fail : warn)(seen, next);
  },
};

function setCommand({ layer, key, value, differ }: Collision, stack: string): string {
  return `(cd projects/${layer} && pulumi config set ${layer}:${key} ${differ(value, stack)} --stack ${stack})`;
}

/** What a stack must not share with those beside it. */
export const siblingChecks: readonly Check<DoctorContext>[] = [siblings];
