import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import provider, { type Provider } from '@pulumi/pulumi/provider/index.js';
import {
  accountFolder,
  changeAccount,
  type Properties,
  type Resource,
  readAccount,
} from '../account/account.ts';
import { type InjectedFault, takeFault } from '../account/faults.ts';
import { noted } from '../account/journal.ts';
import type { Replacement } from '../aws/replacement.ts';
import { changedKeys } from './changed.ts';
import { engineReport, type TellEngine } from './engine-log.ts';
import { foreseen, inPreview, supportPreview } from './preview.ts';
import { parseUrn } from './urn.ts';

/** Something new in the account, or something changed. */
export interface Wanted {
  type: string;
  urn: string;
  inputs: Properties;
  /** Set when it is there already. */
  id?: string;
}

/** What a provider does in its own way; all else is the same for all. */
export interface Behaviour {
  version: string;
  /** The inputs as the provider completes them. */
  complete(wanted: Wanted, before: Properties): Properties;
  /** What a change replaces, and in which order. */
  replacement(type: string, urn: string, before: Properties, after: Properties): Replacement;
  /** Makes a resource; may add more that come with it. @throws {Error} what AWS or Kubernetes refuses */
  create(resources: Resource[], wanted: Wanted): { id: string; outputs: Properties };
  /** What the account adds to the inputs of something new, by its shape, whatever the values; nothing, when it does not matter. */
  shape?(wanted: Wanted): Properties;
  /** @throws {Error} what AWS or Kubernetes refuses */
  checkUpdate(resources: readonly Resource[], wanted: Wanted): void;
  /** What the account says of a resource after a change of its inputs; as before, when it does not matter. */
  outputsAfter?(resource: Resource, inputs: Properties): Properties;
  /** Takes away what goes with a resource. @throws {Error} while something needs it */
  remove(resources: Resource[], target: Resource): void;
  /** How long an operation takes in reality, in seconds; about. */
  secondsOf(what: 'create' | 'delete', type: string): number;
  answer?(token: string, inputs: Properties, resources: readonly Resource[]): Properties;
}

/** How much faster time goes by here than in AWS, where a cluster takes nine minutes. */
const SPEED = 400;

/** How often a provider tries again when told to slow down. */
const PATIENCE = 3;

/** The inputs a resource was last given; the provider protocol tells only its outputs. */
const INPUTS = '__inputs';

/** Serves a provider on the fake account, as the engine asks for one. */
export async function serveDouble(behaviour: Behaviour): Promise<void> {
  const folder = accountFolder();
  const words = process.argv.slice(2);
  supportPreview();
  await provider.main(doubleOf(behaviour, folder, engineReport(words[0])), words);
}

/**
 * A provider on the fake account in a folder.
 *
 * @param report is told how operations go on that take their time
 */
export function doubleOf(behaviour: Behaviour, folder: string, report: TellEngine): Provider {
  const operate = <T>(
    what: InjectedFault['on'],
    urn: string,
    action: (fault: InjectedFault | undefined) => Promise<T>,
  ) =>
    noted(folder, what, urn, async () => {
      for (let attempt = 0; ; attempt += 1) {
        const fault = takeFault(folder, what, parseUrn(urn).name);
        if (fault?.kind === 'deny') throw new Error('AccessDenied: not authorized to perform this operation');
        if (fault?.kind !== 'throttle') return action(fault);
        if (attempt >= PATIENCE) throw new Error('ThrottlingException: Rate exceeded');
        report(urn, `throttled, tries again (${attempt + 1} of ${PATIENCE})`);
        await sleep(50 * 2 ** attempt);
      }
    });

  async function take(urn: string, seconds: number): Promise<void> {
    let told = Date.now();
    const end = told + seconds * 1000;
    for (let now = told; now < end; ) {
      await sleep(Math.min(500, end - now));
      now = Date.now();
      if (now - told < 1000) continue;
      told = now;
      report(urn, `still at it, ${Math.max(0, Math.ceil((end - now) / 1000))} s to go`);
    }
  }

  const find = (resources: readonly Resource[], id: string, urn: string) =>
    resources.find((candidate) => candidate.id === id && candidate.urn === urn);
  const state = ({ inputs, outputs }: Pick<Resource, 'inputs' | 'outputs'>) => ({
    ...inputs,
    ...outputs,
    [INPUTS]: inputs,
  });

  // A preview asks neither AWS nor Kubernetes, and leaves nothing behind.
  async function previewCreate(urn: string, inputs: Properties) {
    const outputs = behaviour.shape?.({ type: parseUrn(urn).type, urn, inputs }) ?? {};
    return { id: '', outs: state({ inputs, outputs: foreseen(outputs, undefined, inputs) }) };
  }

  async function previewUpdate(id: string, urn: string, olds: Properties, inputs: Properties) {
    const { [INPUTS]: given = {}, ...all } = olds as { [INPUTS]?: Properties };
    const added = Object.entries(all).filter(([key, value]) => !isDeepStrictEqual(value, given[key]));
    const before = Object.fromEntries(added);
    const resource = { type: parseUrn(urn).type, id, urn, inputs: given, outputs: before };
    const outputs = behaviour.outputsAfter?.(resource, inputs) ?? before;
    return { outs: state({ inputs, outputs: foreseen(outputs, before, inputs) }) };
  }

  return {
    version: behaviour.version,

    check: async (urn, olds, news) => ({
      inputs: behaviour.complete({ type: parseUrn(urn).type, urn, inputs: news }, olds),
    }),

    diff: async (_id, urn, olds, news) => {
      const before = ((plain(olds) as Properties)[INPUTS] ?? {}) as Properties;
      const after = plain(news) as Properties;
      const { on, deleteFirst } = behaviour.replacement(parseUrn(urn).type, urn, before, after);
      return {
        changes: changedKeys(before, after).length > 0,
        replaces: [...on],
        deleteBeforeReplace: deleteFirst,
      };
    },

    create: (urn, props) => {
      if (inPreview()) return previewCreate(urn, plain(props) as Properties);
      return operate('create', urn, async (fault) => {
        const { type } = parseUrn(urn);
        const inputs = plain(props) as Properties;
        const made = changeAccount(folder, (resources) => {
          const { id, outputs } = behaviour.create(resources, { type, urn, inputs });
          const resource: Resource = { type, id, urn, inputs, outputs };
          resources.push(resource);
          return resource;
        });
        await take(urn, fault?.seconds ?? behaviour.secondsOf('create', type) / SPEED);
        if (fault?.kind === 'lost')
          throw new Error('RequestError: send request failed: connection reset by peer');
        if (fault?.kind === 'half') throw halfMade(made.id, state(made));
        return { id: made.id, outs: state(made) };
      });
    },

    update: (id, urn, olds, news) => {
      const inputs = plain(news) as Properties;
      if (inPreview()) return previewUpdate(id, urn, plain(olds) as Properties, inputs);
      return operate('update', urn, async () =>
        changeAccount(folder, (resources) => {
          const resource = find(resources, id, urn);
          if (!resource) throw new Error(`NotFound: ${id} does not exist`);
          behaviour.checkUpdate(resources, { type: resource.type, urn, inputs, id });
          resource.outputs = behaviour.outputsAfter?.(resource, inputs) ?? resource.outputs;
          resource.inputs = inputs;
          return { outs: state(resource) };
        }),
      );
    },

    read: async (id, urn) => {
      const { type } = parseUrn(urn);
      const resource = readAccount(folder).find(
        (candidate) => candidate.id === id && candidate.type === type,
      );
      return resource ? { id, props: state(resource), inputs: resource.inputs } : { id: '', props: {} };
    },

    delete: (id, urn) =>
      operate('delete', urn, async (fault) => {
        await take(urn, fault?.seconds ?? behaviour.secondsOf('delete', parseUrn(urn).type) / SPEED);
        changeAccount(folder, (resources) => {
          const resource = find(resources, id, urn);
          if (!resource) return;
          behaviour.remove(resources, resource);
          resources.splice(resources.indexOf(resource), 1);
        });
      }),

    invoke: async (token, inputs) => {
      if (!behaviour.answer) throw new Error(`the double does not know ${token}`);
      return { outputs: behaviour.answer(token, plain(inputs) as Properties, readAccount(folder)) };
    },
  };
}

/** What the engine takes for a resource that exists and is not healthy. */
function halfMade(id: string, properties: Properties): Error {
  const reasons = ['it was made, and then failed half-way'];
  return Object.assign(new Error(`NodeCreationFailure: ${id} ${reasons[0]}`), { id, properties, reasons });
}

/** Secrets as their values. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if ('4dabf18193072939515e22adb298388d' in value && 'value' in value) return plain(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}
