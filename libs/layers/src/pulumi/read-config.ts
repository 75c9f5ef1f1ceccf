import { Config, getProject } from '@pulumi/pulumi';
import type { z } from 'zod';
import type { Layer } from '../contract.ts';
import { type ConfigFault, parseConfig } from '../parse-config.ts';
import { type LayerConfig, type LayerSettings, layerSettings } from '../settings.ts';
import { StackConfigError } from './errors.ts';
import { isSecretKey, keepInputsSecret } from './secrets.ts';

/**
 * Reads this project's configuration by a schema whose keys are those of `Pulumi.yaml`, which holds the defaults.
 * An empty text counts as not set. A secret value is plain for the program, and secret in every input that holds it of
 * a resource declared from now on.
 *
 * @param check finds what single values cannot show; runs when each value is right by itself
 * @param shown keys whose values are in the ids of resources, which cannot be secret
 * @throws {StackConfigError} with all faults together
 */
export function readConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  check: (config: z.output<z.ZodObject<Shape>>) => readonly ConfigFault[] = () => [],
  shown: readonly (keyof Shape & string)[] = [],
): z.output<z.ZodObject<Shape>> {
  const exposed = shownSecrets(shown);
  if (exposed.length > 0) throw new StackConfigError(exposed);
  keepInputsSecret();
  const config = new Config();
  const parsed = parseConfig(schema, (key) => config.get(key));
  if (!parsed.ok) throw new StackConfigError(parsed.faults);
  const faults = check(parsed.config);
  if (faults.length > 0) throw new StackConfigError(faults);
  return parsed.config;
}

/** Secrets that would be in the state all the same. */
function shownSecrets(shown: readonly string[]): ConfigFault[] {
  return [...shown.map((key) => `${getProject()}:${key}`), 'aws:region'].filter(isSecretKey).map((key) => ({
    key,
    value: undefined,
    message:
      'is secret, and cannot be kept so: the ids of resources hold it, and the state holds those in plain text. ' +
      `Set it so that everybody can read it: pulumi config set ${key} <value> --plaintext`,
  }));
}

/** Reads and checks the configuration of a layer, as its program. @throws {StackConfigError} with all faults together */
export function readLayerConfig<L extends Layer>(layer: L): LayerConfig<L> {
  const { schema, faults, shown, complete }: LayerSettings = layerSettings[layer];
  return complete(readConfig(schema, faults, shown)) as LayerConfig<L>;
}
