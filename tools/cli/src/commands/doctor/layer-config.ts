import { type ConfigFault, type Layer, type LayerConfig, parseLayerConfig } from '@envoy-poc/layers';
import { CheckError, type StackSettings } from '#runtime';
import type { DoctorContext } from './context.ts';

/** A layer's configuration, and what to say of its faults. */
export interface ReadConfig<L extends Layer> {
  readonly config: LayerConfig<L>;
  /** What is wrong with it, as a check says it. */
  fault(faults: readonly ConfigFault[]): CheckError;
}

/** Reads a layer's configuration. @throws {CheckError} with every value that is wrong by itself */
export async function layerConfig<L extends Layer>(
  { settings }: DoctorContext,
  layer: L,
): Promise<ReadConfig<L>> {
  const own = (await settings()).get(layer);
  if (!own) throw new Error(`no settings of ${layer}`);
  const parsed = parseLayerConfig(layer, own.get);
  if (!parsed.ok) throw faultError(own, parsed.faults);
  return { config: parsed.config, fault: (faults) => faultError(own, faults) };
}

function faultError(
  { layer, stack }: Pick<StackSettings, 'layer' | 'stack'>,
  faults: readonly ConfigFault[],
): CheckError {
  const lines = faults.map(({ key, value, message }) => {
    const seen = value === undefined ? 'is not set' : `= ${JSON.stringify(value)}`;
    return `${layer}:${key} ${seen}: ${message}`;
  });
  const key = faults[0]?.key.split('.')[0];
  return new CheckError(
    lines.join('\n'),
    `cd projects/${layer} && pulumi config set ${layer}:${key} <value> --stack ${stack}`,
  );
}
