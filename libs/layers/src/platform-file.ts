import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { clusterConfig } from './cluster/settings.ts';
import type { Layer } from './contract.ts';
import { LayerError } from './errors.ts';
import { region, tagValue } from './fields.ts';
import { networkConfig } from './network/settings.ts';
import type { ConfigFault } from './parse-config.ts';
import { registryConfig } from './registry/settings.ts';
import { workloadsConfig } from './workloads/settings.ts';

/** Names an AWS account has once in a region, or that nobody could tell apart. */
const onceOnly = ['vpcName', 'clusterName', 'repositoryPrefix'] as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const bucket = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    '3 to 63 lower case letters, digits, dots and hyphens, with a letter or digit at both ends',
  )
  .refine((name) => !name.includes('..'), 'must not have two dots in a row')
  .refine((name) => !/^\d+\.\d+\.\d+\.\d+$/.test(name), 'must not look like an IP address')
  .refine(
    (name) => !/^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name),
    'begins or ends as only S3 may name a bucket',
  );

/** Stands in a URL, and in IAM policies, where `*` and `?` have a meaning. */
const prefix = z
  .string()
  .regex(
    /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/,
    'letters, digits, dots, hyphens and underscores, in parts joined by single slashes',
  )
  .max(200, 'at most 200 characters');

/** A profile of the AWS CLI's configuration. Stands in shell commands without quotes. */
const profile = z
  .string()
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.@/+:=,-]{0,127}$/,
    'letters, digits and _.@/+:=,- without spaces, at most 128',
  );

const tagKey = z
  .string()
  .regex(/^(?!aws:)[\p{L}\p{N}_.:/+@-]{1,128}$/iu, 'letters, digits and _.:/+-@, at most 128, not aws: first')
  .refine((key) => !['layer', 'stack', 'Name'].includes(key), 'a tag that the layers set themselves');

/** The name of a stack in Pulumi (https://www.pulumi.com/docs/iac/concepts/stacks/), and of a file. */
const stackName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/,
    'the name of a stack has letters, digits, hyphens, underscores and dots, at most 100',
  );

const stack = z.strictObject({
  /** Deploys into any other account are refused. Left out: the account that the profile is for. */
  account: z
    .string('12 digits, in quotes')
    .regex(/^\d{12}$/, 'the 12 digits of an AWS account')
    .optional(),
  region,
  /** Deploys. */
  profile,
  /** What people use the cluster as. */
  kubectlProfile: profile,
  vpcName: networkConfig.shape.vpcName,
  clusterName: clusterConfig.shape.name,
  repositoryPrefix: registryConfig.shape.repositoryPrefix,
  namespace: workloadsConfig.shape.namespace,
});

const platformFile = z
  .strictObject({
    state: z.strictObject({
      bucket,
      prefix,
      /** Left out: the profile of the first stack. */
      profile: profile.optional(),
    }),
    tags: z
      .record(tagKey, tagValue)
      .refine((tags) => 'project' in tags, { path: ['project'], error: 'is not set' }),
    stacks: z
      .record(stackName, stack)
      .refine((stacks) => Object.keys(stacks).length > 0, 'at least one stack'),
  })
  .superRefine(({ stacks }, { addIssue }) => {
    for (const { path, message } of collisions(stacks)) addIssue({ code: 'custom', path, message });
  });

/** What `platform.yaml` holds: the account-specific names and places of all stacks. */
export type PlatformFile = z.infer<typeof platformFile>;

/** What `platform.yaml` holds of one stack. */
export type PlatformStack = z.infer<typeof stack>;

/** Checks what `platform.yaml` holds, and gives it or all its faults, by keys such as `stacks.dev.region`. */
export function parsePlatformFile(
  value: unknown,
): { ok: true; platform: PlatformFile } | { ok: false; faults: ConfigFault[] } {
  const parsed = platformFile.safeParse(value);
  if (parsed.success) return { ok: true, platform: parsed.data };
  return { ok: false, faults: parsed.error.issues.flatMap((issue) => faultsOf(value, issue)) };
}

/** Reads the `platform.yaml` of a workspace. @throws {LayerError} with all its faults */
export function platformFileOf(root: string): PlatformFile {
  const parsed = parsePlatformFile(parse(readFileSync(join(root, 'platform.yaml'), 'utf8')));
  if (parsed.ok) return parsed.platform;
  const faults = parsed.faults.map(({ key, message }) => `${key}: ${message}`);
  throw new LayerError('PLATFORM_FILE', `platform.yaml: ${faults.join('; ')}; edit it`);
}

function faultsOf(root: unknown, issue: z.core.$ZodIssue): ConfigFault[] {
  const fault = (path: readonly PropertyKey[], message: string): ConfigFault => {
    const value = path.reduce<unknown>(
      (parent, key) => (typeof parent === 'object' && parent !== null ? Reflect.get(parent, key) : undefined),
      root,
    );
    return { key: path.join('.'), value, message: value === undefined ? 'is not set' : message };
  };
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => fault([...issue.path, key], 'is not a key of this file'));
  }
  const [inner] = issue.code === 'invalid_key' ? issue.issues : [];
  return [fault(issue.path, inner?.message ?? issue.message)];
}

function collisions(stacks: PlatformFile['stacks']) {
  return Object.entries(stacks).flatMap(([name, own], index, all) =>
    all.slice(0, index).flatMap(([before, other]) => {
      const apart =
        own.region !== other.region ||
        (own.account !== undefined && other.account !== undefined && own.account !== other.account);
      if (apart) return [];
      return onceOnly
        .filter((key) => own[key] === other[key])
        .map((key) => ({
          path: ['stacks', name, key],
          message: `stack ${before} has it too, in the same region; try ${ownName(other[key], name)}`,
        }));
    }),
  );
}

/** The stack that was there first: the defaults in `Pulumi.yaml` are its names. */
export function firstStackOf({ stacks }: PlatformFile): readonly [name: string, stack: PlatformStack] {
  const [first] = Object.entries(stacks);
  if (!first) throw new Error('a platform without a stack');
  return first;
}

/** What a new stack is told unless somebody says otherwise: what the first one is told, with names of its own. */
export function newStack(platform: PlatformFile, name: string): PlatformStack {
  const [, first] = firstStackOf(platform);
  return { ...first, ...Object.fromEntries(onceOnly.map((key) => [key, ownName(first[key], name)])) };
}

const ownName = (value: string, stackName: string) => `${value}-${stackName.toLowerCase()}`;

/**
 * Where Pulumi keeps the state (https://www.pulumi.com/docs/iac/concepts/state-and-backends/#aws-s3).
 *
 * @param withProfile false for CI, whose session has no profile
 */
export function backendUrl(platform: PlatformFile, withProfile: boolean): string {
  const { state } = platform;
  const { profile: own = firstStackOf(platform)[1].profile } = state;
  const asWhom = withProfile ? `&profile=${encodeURIComponent(own)}` : '';
  return `s3://${state.bucket}/${state.prefix}?awssdk=v2${asWhom}`;
}

/** Every profile of the AWS CLI that the stacks use, each once. */
export function profilesOf({ stacks }: PlatformFile): string[] {
  return [
    ...new Set(Object.values(stacks).flatMap(({ profile: own, kubectlProfile }) => [own, kubectlProfile])),
  ];
}

/** What each layer's configuration says of a stack's names, by key. */
export function layerNames(of: PlatformStack): { readonly [L in Layer]: Readonly<Record<string, string>> } {
  return {
    network: { vpcName: of.vpcName },
    cluster: { name: of.clusterName, kubectlProfile: of.kubectlProfile },
    registry: { repositoryPrefix: of.repositoryPrefix },
    platform: {},
    workloads: { namespace: of.namespace },
  };
}
