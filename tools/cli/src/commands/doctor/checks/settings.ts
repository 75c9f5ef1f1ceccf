import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Layer, layerFaults, layers } from '@envoy-poc/layers';
import { parse } from 'yaml';
import { z } from 'zod';
import { awsPlaceOf, type Check, fail, type Outcome, pass } from '#runtime';
import { StackError } from '../../stack/errors.ts';
import { checkSecrets, readTarget } from '../../stack/layer.ts';
import type { DoctorContext } from '../context.ts';
import { layerConfig } from '../layer-config.ts';
import { opens, passphraseOf } from '../passphrase.ts';
import { designFaults } from './design.ts';

const stackFiles: Check<DoctorContext> = {
  id: 'stack-files',
  title: 'settings of the stack',
  async run({ settings, stack }) {
    await settings();
    return pass(`each layer has a Pulumi.${stack}.yaml`);
  },
};

const secrets: Check<DoctorContext> = {
  id: 'secrets',
  title: 'secrets can be kept',
  needs: ['stack-files'],
  async run({ root, stack, env }) {
    const said: string[] = [];
    for (const layer of layers) {
      try {
        await checkSecrets(await readTarget(join(root, 'projects', layer), stack), env);
      } catch (error) {
        if (!(error instanceof StackError)) throw error;
        said.push(layer);
      }
    }
    if (said.length === 0) return judgePassphrase(root, stack, await passphraseOf(env));
    return fail(
      `neither a passphrase nor a secrets provider for ${said.join(', ')}`,
      'export PULUMI_CONFIG_PASSPHRASE=… (or PULUMI_CONFIG_PASSPHRASE_FILE), or let a KMS key keep them: ' +
        `cd projects/${said[0]} && pulumi stack change-secrets-provider awskms://… --stack ${stack}`,
    );
  },
};

const saltedFile = z.object({ encryptionsalt: z.string().optional() }).nullish();

/** Whether the passphrase is that of every layer whose stack has been made already. */
async function judgePassphrase(
  root: string,
  stack: string,
  passphrase: string | undefined,
): Promise<Outcome> {
  if (passphrase === undefined) return pass('a secrets provider for every layer');
  const made = layers.map(async (layer) => {
    const file = join(root, 'projects', layer, `Pulumi.${stack}.yaml`);
    const { encryptionsalt: salt } = saltedFile.parse(parse(await readFile(file, 'utf8'))) ?? {};
    return salt === undefined ? [] : [{ layer, fits: await opens(passphrase, salt) }];
  });
  const tried = (await Promise.all(made)).flat();
  const wrong = tried.flatMap(({ layer, fits }) => (fits ? [] : layer));
  if (wrong.length > 0) {
    return fail(
      `the passphrase is not the one that stack ${stack} of ${wrong.join(', ')} was made with`,
      'export PULUMI_CONFIG_PASSPHRASE=… (or PULUMI_CONFIG_PASSPHRASE_FILE) with the one of whoever made it',
    );
  }
  const text = 'a passphrase or a secrets provider for every layer';
  return pass(tried.length === 0 ? text : `${text}; the passphrase opens ${tried.length} of them`);
}

const place: Check<DoctorContext> = {
  id: 'place',
  title: 'one region and profile',
  needs: ['stack-files'],
  async run({ settings, stack }) {
    const all = [...(await settings()).values()];
    const [network] = all;
    if (!network) throw new Error('no layer');
    const { region, profile } = awsPlaceOf(network);
    const others = all.flatMap(({ layer, get }) =>
      (['aws:region', 'aws:profile'] as const).flatMap((key) => {
        const [value, expected] = [get(key), network.get(key)];
        return value === undefined || value === expected
          ? []
          : [{ layer, key, text: `${layer} has ${key} ${value}, network ${expected}` }];
      }),
    );
    const [first] = others;
    return first
      ? fail(
          others.map(({ text }) => text).join('\n'),
          `cd projects/${first.layer} && pulumi config set ${first.key} ${network.get(first.key)} --stack ${stack}`,
        )
      : pass(
          `${region}, ${profile === undefined ? 'default credentials' : `profile ${profile}`}, in every layer`,
        );
  },
};

const configOf = (layer: Layer): Check<DoctorContext> => ({
  id: `config-${layer}`,
  title: `configuration of ${layer}`,
  needs: ['stack-files'],
  async run(context) {
    const { config, fault } = await layerConfig(context, layer);
    // What has a line of its own is not said twice.
    const elsewhere = designFaults(layer, config).map(({ message }) => message);
    const faults = layerFaults(layer, config).filter(({ message }) => !elsewhere.includes(message));
    if (faults.length > 0) throw fault(faults);
    return pass(`${Object.keys(config).length} values, all of use`);
  },
});

/** What the files of the stack must say. */
export const settingsChecks: readonly Check<DoctorContext>[] = [
  stackFiles,
  secrets,
  place,
  ...layers.map(configOf),
];
