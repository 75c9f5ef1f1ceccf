import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { layers as allLayers, type Layer } from '@envoy-poc/layers';
import { parse } from 'yaml';
import { z } from 'zod';
import { StackError } from './errors.ts';

/** A layer's folder, and the stack of it that is meant. */
export interface Target {
  layer: Layer;
  stack: string;
  folder: string;
}

/** The folder of the workspace that this program is part of. */
export const workspace = join(import.meta.dirname, '../../../../..');

const project = z.object({ name: z.enum(allLayers as [Layer, ...Layer[]]) });
const stackFile = z.object({ secretsprovider: z.string().optional() }).nullish();

/** The folder that is meant, and the other words: of the layer that the first word names, or else the folder at hand. */
export function layerIn(words: readonly string[], here: string): { folder: string; rest: readonly string[] } {
  const [first = '', ...rest] = words;
  if (!(allLayers as readonly string[]).includes(first)) return { folder: here, rest: words };
  return { folder: join(workspace, 'projects', first), rest };
}

/**
 * Reads which layer a folder is.
 * @throws {StackError} when it is none, or when it has no such stack.
 */
export async function readTarget(folder: string, stack: string): Promise<Target> {
  const text = await readFile(join(folder, 'Pulumi.yaml'), 'utf8').catch(() => undefined);
  const parsed = project.safeParse(text === undefined ? undefined : parse(text));
  if (!parsed.success) {
    throw new StackError(
      `${folder} is not the folder of a layer; name the layer: npx envoy-poc deploy <layer>, or --all`,
    );
  }
  const layer = parsed.data.name;
  const stacks = (await readdir(folder)).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  if (!stacks.includes(stack)) {
    throw new StackError(
      `${layer} has no stack "${stack}", only: ${stacks.sort().join(', ') || 'none'}. ` +
        `To make one: npx envoy-poc init --stack ${stack}${onOwnCluster(layer)}`,
    );
  }
  return { layer, stack, folder };
}

/** The way of the one layer that also runs without AWS. */
function onOwnCluster(layer: Layer): string {
  if (layer !== 'workloads') return '';
  return (
    '; to run on a cluster of your own, without AWS: npx nx run workloads:load-images --context NAME writes the one of a ' +
    'stack "local" (docs/local-kubernetes.md)'
  );
}

/**
 * Makes sure that the stack's secrets can be read and written.
 * @throws {StackError} when neither a secrets provider nor a passphrase is given.
 */
export async function checkSecrets(target: Target, env: NodeJS.ProcessEnv): Promise<void> {
  if (env.PULUMI_CONFIG_PASSPHRASE !== undefined || env.PULUMI_CONFIG_PASSPHRASE_FILE) return;
  const file = join(target.folder, `Pulumi.${target.stack}.yaml`);
  const parsed = stackFile.safeParse(parse(await readFile(file, 'utf8')));
  if (parsed.data?.secretsprovider && parsed.data.secretsprovider !== 'passphrase') return;
  throw new StackError(
    `there is no passphrase for the secrets of ${target.layer}, stack ${target.stack}: ` +
      'set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE, or let a KMS key keep them ' +
      `(cd projects/${target.layer} && pulumi stack change-secrets-provider awskms://…)`,
  );
}

/** The folder of the whole workspace, above a layer's. */
export async function workspaceRoot(folder: string): Promise<string> {
  const root = join(folder, '..', '..');
  await access(join(root, 'nx.json'));
  return root;
}
