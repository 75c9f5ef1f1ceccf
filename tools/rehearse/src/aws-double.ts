import provider, { type Provider } from '@pulumi/pulumi/provider/index.js';
import { accountFile, changeAccount, type Properties, readAccount } from './account.ts';
import { answer } from './data-sources.ts';
import { checkDelete, checkRules } from './rules.ts';
import { create, named, shapeOf } from './shapes.ts';

const file = accountFile();

/** The AWS provider, on a fake account. */
const awsDouble: Provider = {
  version: '7.48.0',

  check: async (urn, olds, news) => ({ inputs: named(typeOf(urn), urn, news, olds) }),

  diff: async (id, urn, _olds, news) => {
    const before = plain(
      readAccount(file).find((resource) => resource.id === id && resource.urn === urn)?.inputs ?? {},
    );
    const after = plain(news) as Properties;
    const changed = [...new Set([...Object.keys(before as Properties), ...Object.keys(after)])].filter(
      (key) => JSON.stringify((before as Properties)[key]) !== JSON.stringify(after[key]),
    );
    const replaces = changed.filter((key) => shapeOf(typeOf(urn)).replaceOn?.includes(key));
    return { changes: changed.length > 0, replaces, deleteBeforeReplace: replaces.length > 0 };
  },

  create: async (urn, props) => {
    const type = typeOf(urn);
    const inputs = plain(props) as Properties;
    return changeAccount(file, (resources) => {
      checkRules(resources, { type, urn, inputs });
      const { id, outputs } = create(type, urn, inputs);
      resources.push({ type, id, urn, inputs, outputs });
      return { id, outs: { ...inputs, ...outputs } };
    });
  },

  update: async (id, urn, _olds, news) => {
    const inputs = plain(news) as Properties;
    return changeAccount(file, (resources) => {
      const resource = resources.find((candidate) => candidate.id === id && candidate.urn === urn);
      if (!resource) throw new Error(`NotFound: ${id} does not exist`);
      checkRules(resources, { type: resource.type, urn, inputs });
      resource.inputs = inputs;
      return { outs: { ...inputs, ...resource.outputs } };
    });
  },

  read: async (id, urn) => {
    const type = typeOf(urn);
    const resource = readAccount(file).find((candidate) => candidate.id === id && candidate.type === type);
    return resource
      ? { id, props: { ...resource.inputs, ...resource.outputs }, inputs: resource.inputs }
      : { id: '', props: {} };
  },

  delete: async (id, urn) => {
    changeAccount(file, (resources) => {
      const index = resources.findIndex((candidate) => candidate.id === id && candidate.urn === urn);
      const resource = resources[index];
      if (!resource) return;
      checkDelete(resources, resource);
      resources.splice(index, 1);
    });
  },

  invoke: async (token, inputs) => ({
    outputs: answer(token, plain(inputs) as Properties, readAccount(file)),
  }),
};

/** The type in a URN, without those of its parents. */
function typeOf(urn: string): string {
  return urn.split('::')[2]?.split('$').at(-1) ?? '';
}

/** Secrets and outputs as their values. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if ('4dabf18193072939515e22adb298388d' in value && 'value' in value) return plain(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}

await provider.main(awsDouble, process.argv.slice(2));
