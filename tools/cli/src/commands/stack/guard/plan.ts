import { z } from 'zod';
import { eventsOf } from '../engine-events.ts';

/** What a preview says of a stack, as far as other layers are concerned. */
export interface Plan {
  /** What the stack publishes now. */
  before: Readonly<Record<string, unknown>>;
  /** What it would publish; what is not known before the deploy is {@link UNKNOWN}. */
  after: Readonly<Record<string, unknown>>;
  /** What AWS gave resources that would be deleted or made anew (ids, ARNs, addresses): by it, the resource's name. */
  gone: ReadonlyMap<string, string>;
}

/** How the engine writes a value that is not known yet (`UnknownStringValue` in pulumi/sdk/go/common/resource/plugin). */
export const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

const STACK = 'pulumi:pulumi:Stack';

/** The operations after which a resource is not the one it was. */
const endings = ['replace', 'delete', 'create-replacement', 'delete-replaced', 'discard'];

const state = z
  .object({
    id: z.string().optional(),
    inputs: z.record(z.string(), z.unknown()).nullish(),
    outputs: z.record(z.string(), z.unknown()).nullish(),
  })
  .nullish();

/** A line of an event log (`apitype.EngineEvent` in pulumi/sdk/go/common/apitype). */
const event = z.object({
  resOutputsEvent: z
    .object({
      metadata: z.object({ op: z.string(), urn: z.string(), type: z.string(), old: state, new: state }),
    })
    .optional(),
});

/** Reads the event log of a preview. */
export function readPlan(log: string): Plan {
  let [before, after]: Record<string, unknown>[] = [{}, {}];
  const gone = new Map<string, string>();
  for (const entry of eventsOf(log)) {
    const step = event.parse(entry).resOutputsEvent?.metadata;
    if (step === undefined || step.op === 'refresh') continue;
    if (step.type === STACK) [before, after] = [step.old?.outputs ?? {}, step.new?.outputs ?? {}];
    if (!endings.includes(step.op)) continue;
    const name = step.urn.split('::').at(-1) ?? step.urn;
    const given = new Set(textsOf(step.old?.inputs));
    const own = textsOf(step.old?.outputs).filter((text) => !given.has(text));
    for (const text of [step.old?.id ?? '', ...own].filter(Boolean)) {
      // Of several that have it, such as a region, always the same one: the engine has no order for them.
      const known = gone.get(text);
      if (known === undefined || name < known) gone.set(text, name);
    }
  }
  return { before: before ?? {}, after: after ?? {}, gone };
}

/** All strings in a value, however deep. */
export function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}
