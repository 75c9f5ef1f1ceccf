import { readFileSync, writeFileSync } from 'node:fs';
import type { Layer } from '@envoy-poc/layers';
import { parse, stringify } from 'yaml';
import type { Preview } from './resources.ts';

/** Settings of a layer by their key, such as `minNodes`. */
export type StackConfiguration = Readonly<Record<string, string | number | boolean>>;

/** Previews layers of a stack. */
export interface Previewer {
  /** Whether providers are asked, and the state that is there, or doubles of both. */
  readonly on: 'backend' | 'doubles';
  /** Why that was chosen, in words. */
  readonly because: string;
  /** What a deploy of a layer would leave, with some settings replaced. */
  preview(layer: Layer, settings?: StackConfiguration): Promise<Preview>;
  /** Ends what still runs and leaves nothing behind. */
  close(): Promise<void>;
}

/** The words for `pulumi` that print a preview as JSON, with the settings of a file. */
export function previewWords(stack: string, configFile: string): string[] {
  const words = ['preview', '--json', '--show-sames', '--non-interactive'];
  return [...words, '--stack', stack, '--config-file', configFile];
}

/** Writes a copy of a stack's file with some of its settings replaced. */
export function copyStackFile(from: string, to: string, layer: Layer, settings: StackConfiguration): void {
  const file = (parse(readFileSync(from, 'utf8')) ?? {}) as { config?: object };
  const replaced = Object.entries(settings).map(([key, value]) => [`${layer}:${key}`, value]);
  writeFileSync(to, stringify({ ...file, config: { ...file.config, ...Object.fromEntries(replaced) } }));
}
