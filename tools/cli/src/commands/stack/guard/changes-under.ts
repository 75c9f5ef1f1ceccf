import { foundations, type Layer } from '@envoy-poc/layers';
import { type Plan, UNKNOWN } from './plan.ts';

/** A part of what a layer publishes that would not be what it was. */
export interface Lost {
  /** Such as `publicSubnets.0.id`. */
  path: string;
  before: unknown;
  /** Undefined where it would be gone, or is not known yet. */
  after?: unknown;
  /** The resource that would be deleted or made anew. */
  resource?: string;
}

/** What of a layer's foundations a deploy would change or take away. What is only added is no loss. */
export function lostFoundations(layer: Layer, { before, after, gone }: Plan): Lost[] {
  return foundations[layer].flatMap((output) => {
    if (!(output in before)) return [];
    // A layer publishes all of its outputs: one that a preview leaves out is not known before the deploy.
    return lost(output, before[output], output in after ? after[output] : UNKNOWN, gone);
  });
}

function lost(path: string, before: unknown, after: unknown, gone: Plan['gone']): Lost[] {
  if (typeof before === 'object' && before !== null) {
    return Object.entries(before).flatMap(([key, part]) =>
      lost(`${path}.${key}`, part, partOf(after, key), gone),
    );
  }
  if (after === before) return [];
  const resource = gone.get(String(before));
  if (after === UNKNOWN) return resource === undefined ? [] : [{ path, before, resource }];
  return [
    { path, before, ...(after !== undefined && { after }), ...(resource !== undefined && { resource }) },
  ];
}

/** A part of what is not known is not known either. */
function partOf(value: unknown, key: string): unknown {
  if (value === UNKNOWN) return UNKNOWN;
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
