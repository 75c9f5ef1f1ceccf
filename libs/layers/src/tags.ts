import type { Layer } from './contract.ts';

/** The name of this product, in tags and labels. */
export const product = 'envoy-poc';

/** The tags that every AWS resource of a stack carries. */
export type StackTags = { readonly project: string; readonly stack: string };

/** The tags that every AWS resource of a stack carries: the product and the stack. */
export function stackTags(stack: string): StackTags {
  return { project: product, stack };
}

/** The tags that every AWS resource of a layer carries: those of its stack, and the layer that owns it. */
export function tagsOf(layer: Layer, stack: string): StackTags & { readonly layer: Layer } {
  return { project: product, layer, stack };
}
