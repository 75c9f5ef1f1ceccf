import { z } from 'zod';

/** The name of this product, in labels of Kubernetes. */
export const product = 'envoy-poc';

/** The tags that tell whose an AWS resource is. */
export type StackTags = { readonly project: string; readonly stack: string };

const defaultTags = z.object({ tags: z.object({ project: z.string() }).catchall(z.string()) });

/**
 * The tags of all AWS resources, `project` among them, which a layer's tags `layer` and `stack` come beside.
 *
 * @param config the text of `aws:defaultTags`
 * @returns undefined when it has no tag `project`
 */
export function defaultTagsOf(
  config: string | undefined,
): ({ project: string } & Record<string, string>) | undefined {
  return defaultTags.safeParse(JSON.parse(config ?? '{}')).data?.tags;
}
