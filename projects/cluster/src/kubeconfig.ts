import type { KubeconfigArgs } from '@envoy-poc/layer';

/** The command that adds a cluster to a person's kubeconfig. */
export function kubeconfigCommand(
  args: Required<Pick<KubeconfigArgs, 'name' | 'region' | 'profile'>>,
): string {
  return `aws eks update-kubeconfig --name ${args.name} --region ${args.region} --profile ${args.profile}`;
}
