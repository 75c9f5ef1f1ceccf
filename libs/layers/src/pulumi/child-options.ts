import type { ComponentResource, ComponentResourceOptions, CustomResourceOptions } from '@pulumi/pulumi';

/**
 * The options of a component's children. What the component waits for, they wait for themselves: before a deletion the
 * engine asks only what the resource itself depends on, and not what its component does, which may stay while its
 * children are replaced.
 */
export function childOptions(
  parent: ComponentResource,
  { dependsOn = [] }: ComponentResourceOptions = {},
): CustomResourceOptions {
  return { parent, dependsOn };
}
