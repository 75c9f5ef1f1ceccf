import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rehearsal, type Resource } from '@envoy-poc/doubles';
import { exampleOf, type Layer, layers } from '@envoy-poc/layers';
import { parse, stringify } from 'yaml';
import type { StackSettings } from '#runtime';
import { copyStackFile, type Previewer, previewWords } from './previewer.ts';
import { readPreview } from './resources.ts';

/** What a preview on doubles is made with. */
export interface DoublesOptions {
  /** The workspace whose settings are taken. */
  readonly root: string;
  readonly stack: string;
  readonly region: string;
  readonly settings: ReadonlyMap<Layer, StackSettings>;
  readonly because: string;
  readonly signal: AbortSignal;
}

/**
 * Previews layers that were never deployed: the real engine in a copy of the workspace, against doubles of the
 * providers. Every layer finds the others as if they were there, with the outputs that its contract gives as sample.
 */
export async function previewOnDoubles(options: DoublesOptions): Promise<Previewer> {
  const { root, stack, because, signal } = options;
  signal.throwIfAborted();
  const rehearsal = await Rehearsal.start();
  const stop = () => rehearsal.kill();
  signal.addEventListener('abort', stop);
  const close = () => {
    signal.removeEventListener('abort', stop);
    return rehearsal.close();
  };
  const fileOf = (layer: Layer) => join(rehearsal.workspace, 'projects', layer, `Pulumi.${stack}.yaml`);
  const pulumi = async (layer: Layer, ...words: string[]) => {
    const run = await rehearsal.inLayer(layer, 'pulumi', ...words);
    signal.throwIfAborted();
    if (run.code !== 0) throw new Error(`pulumi ${words.join(' ')} in ${layer}: ${run.output}`);
  };

  try {
    rehearsal.tamper((resources) => resources.push(...securityGroups(stack)));
    for (const layer of layers) {
      const from = join(root, 'projects', layer, `Pulumi.${stack}.yaml`);
      writeFileSync(fileOf(layer), withoutSalt(readFileSync(from, 'utf8')));
      const state = join(rehearsal.folder, `${layer}-state.json`);
      writeFileSync(state, JSON.stringify(stateOf(layer, options)));
      await pulumi(layer, 'stack', 'init', stack, '--non-interactive');
      await pulumi(layer, 'stack', 'import', '--stack', stack, '--file', state, '--non-interactive');
    }
  } catch (error) {
    await close();
    throw error;
  }

  let runs = 0;
  return {
    on: 'doubles',
    because,
    close,
    async preview(layer, settings = {}) {
      runs += 1;
      const result = join(rehearsal.folder, `preview-${runs}.json`);
      const configFile = join(rehearsal.folder, `config-${runs}.yaml`);
      copyStackFile(fileOf(layer), configFile, layer, settings);
      // What it prints as JSON must not be mixed with what it says besides.
      const script = 'exec pulumi "$@" > "$0"';
      const words = previewWords(stack, configFile);
      const { code, output } = await rehearsal.inLayer(layer, 'sh', '-c', script, result, ...words);
      signal.throwIfAborted();
      return readPreview(layer, readFileSync(result, 'utf8') || output, code ?? 1);
    },
  };
}

/** The state of a layer that has been deployed and has nothing but its outputs. */
function stateOf(layer: Layer, { stack, region, settings }: DoublesOptions): object {
  const type = 'pulumi:pulumi:Stack';
  const urn = `urn:pulumi:${stack}::${layer}::${type}::${layer}-${stack}`;
  const outputs = layer === 'network' ? networkOutputs(region, settings) : exampleOf(layer);
  const manifest = { time: new Date(0).toISOString(), magic: '', version: '' };
  return { version: 3, deployment: { manifest, resources: [{ urn, type, custom: false, outputs }] } };
}

/** As many subnets as configured: the load balancer will have an address in each. */
function networkOutputs(region: string, settings: DoublesOptions['settings']): object {
  const example = exampleOf('network', { region });
  const count = Number(settings.get('network')?.get('zoneCount')) === 3 ? 3 : 2;
  const subnets = (kind: 'aaa' | 'bbb') =>
    Array.from({ length: count }, (_, index) => ({
      id: `subnet-0${kind}000000000000${index + 1}`,
      cidr: `10.${kind === 'aaa' ? 1 : 2}.${index}.0/24`,
      zone: `${region}${'abc'[index]}`,
    }));
  return { ...example, publicSubnets: subnets('aaa'), privateSubnets: subnets('bbb') };
}

/** The groups that those outputs name, which the cluster layer looks up. */
function securityGroups(stack: string): Resource[] {
  const type = 'aws:ec2/securityGroup:SecurityGroup';
  return Object.entries(exampleOf('network').securityGroupIds).map(([name, id]) => ({
    type,
    id,
    urn: `urn:pulumi:${stack}::network::${type}::envoy_poc_${name}_security_group`,
    inputs: { name, tags: {} },
    outputs: {},
  }));
}

/** The salt of the stack's secrets belongs to a passphrase that is not needed here. */
function withoutSalt(text: string): string {
  const { encryptionsalt: _, ...file } = (parse(text) ?? {}) as { encryptionsalt?: string };
  return stringify(file);
}
