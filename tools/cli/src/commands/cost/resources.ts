import { stripVTControlCharacters } from 'node:util';
import type { Layer } from '@envoy-poc/layers';
import { z } from 'zod';
import { jsonOf } from '#runtime/json';

/** A resource that a layer will have after its next deploy. */
export interface PlannedResource {
  readonly layer: Layer;
  readonly urn: string;
  /** Its type token, such as `aws:ec2/eip:Eip`. */
  readonly type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** URNs of what it is made after. */
  readonly dependencies: readonly string[];
}

/** What a preview says: what will be there, or why nobody knows. */
export type Preview =
  | { readonly ok: true; readonly resources: readonly PlannedResource[] }
  | { readonly ok: false; readonly errors: readonly string[] };

/** What `pulumi preview --json` prints, as far as it is looked at. */
const previewJson = z.object({
  steps: z
    .array(
      z.object({
        op: z.string(),
        urn: z.string(),
        newState: z
          .object({
            type: z.string(),
            custom: z.boolean(),
            inputs: z.record(z.string(), z.unknown()).default({}),
            dependencies: z.array(z.string()).default([]),
          })
          .optional(),
      }),
    )
    .default([]),
  diagnostics: z.array(z.object({ severity: z.string(), message: z.string() })).default([]),
});

/**
 * Reads what `pulumi preview --json --show-sames` printed for a layer. Components, what is only read and what goes are
 * left out; a resource that will be replaced is there once.
 *
 * @param code the exit code of that command
 */
export function readPreview(layer: Layer, text: string, code: number): Preview {
  const parsed = previewJson.safeParse(jsonOf(text));
  if (!parsed.success) return { ok: false, errors: [plain(text) || `pulumi preview ended with ${code}`] };
  const { steps, diagnostics } = parsed.data;
  const errors = diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(({ message }) => plain(message));
  if (code !== 0 || errors.length > 0) {
    return {
      ok: false,
      errors: errors.length > 0 ? [...new Set(errors)] : [`pulumi preview ended with ${code}`],
    };
  }
  const planned = new Map<string, PlannedResource>();
  for (const { op, urn, newState } of steps) {
    if (!newState?.custom || newState.type.startsWith('pulumi:') || /^(read|delete|discard|refresh)/.test(op))
      continue;
    const { type, inputs, dependencies } = newState;
    planned.set(urn, { layer, urn, type, inputs, dependencies });
  }
  return { ok: true, resources: [...planned.values()] };
}

/** A message without colours and without the word that begins it. */
function plain(message: string): string {
  return stripVTControlCharacters(message)
    .replace(/^error: /, '')
    .trim();
}
