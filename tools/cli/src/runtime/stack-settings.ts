import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  defaultTagsOf,
  engineConfig,
  type Layer,
  layers,
  projectFileOf,
  type StatePlace,
  statePlaceOf,
} from '@envoy-poc/layers';
import { parse } from 'yaml';
import { z } from 'zod';
import { CheckError } from './errors.ts';

/** The settings of one layer's stack, from its files. */
export interface StackSettings {
  readonly layer: Layer;
  readonly stack: string;
  /** The text of a key, as Pulumi would give it to the program; `aws:region` and the like by their full key. */
  get(key: string): string | undefined;
  /** Where the state is. */
  readonly state: StatePlace;
}

const stackFile = z.object({ config: z.record(z.string(), z.unknown()).default({}) }).nullish();

/**
 * Reads `Pulumi.yaml` and `Pulumi.<stack>.yaml` of a layer.
 *
 * @throws {CheckError} when the stack has no file, or one that cannot be read
 */
export async function readStackSettings(
  root: string,
  layer: Layer,
  stack: string,
  env: NodeJS.ProcessEnv,
): Promise<StackSettings> {
  const folder = join(root, 'projects', layer);
  const file = `projects/${layer}/Pulumi.${stack}.yaml`;
  const text = await readFile(join(root, file), 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new CheckError(
      `there is no ${file}, so ${layer} has no stack ${stack}`,
      `npx envoy-poc init --stack ${stack} makes it, or name another stack with --stack`,
    );
  }
  const parsed = stackFile.safeParse(yamlOf(text, file));
  if (!parsed.success) throw new CheckError(`${file} has no map "config"`, `edit ${file}`);
  const project = projectFileOf(folder);
  const config = engineConfig(project, parsed.data?.config ?? {});
  return {
    layer,
    stack,
    get: (key) => config[key.includes(':') ? key : `${layer}:${key}`],
    state: statePlaceOf(project, env),
  };
}

/** The settings of all layers' stacks. @throws {CheckError} as {@link readStackSettings} */
export async function readAllStackSettings(
  root: string,
  stack: string,
  env: NodeJS.ProcessEnv,
): Promise<ReadonlyMap<Layer, StackSettings>> {
  const all = new Map<Layer, StackSettings>();
  for (const layer of layers) all.set(layer, await readStackSettings(root, layer, stack, env));
  return all;
}

/** Where a stack's AWS resources are, and as whom Pulumi makes them. */
export interface AwsPlace {
  readonly region: string;
  /** A profile of the AWS CLI's configuration; undefined: the default credentials. */
  readonly profile: string | undefined;
}

/**
 * Region and profile of a stack, by its network layer.
 *
 * @throws {CheckError} when no region is set
 */
export function awsPlaceOf(network: StackSettings): AwsPlace {
  const region = network.get('aws:region');
  if (region === undefined) {
    throw new CheckError(
      `aws:region of network, stack ${network.stack}, is not set`,
      `cd projects/network && pulumi config set aws:region <region> --stack ${network.stack}`,
    );
  }
  return { region, profile: network.get('aws:profile') };
}

/** Whose a stack's AWS resources are, by the tag `project` that they carry. @throws {CheckError} when it is not set */
export function projectTagOf({ layer, stack, get }: StackSettings): string {
  const tags = defaultTagsOf(get('aws:defaultTags'));
  if (tags) return tags.project;
  throw new CheckError(
    `aws:defaultTags of ${layer}, stack ${stack}, has no tag "project"`,
    'npx envoy-poc init',
  );
}

function yamlOf(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new CheckError(`${file} is no YAML: ${(error as Error).message}`, `edit ${file}`);
  }
}
