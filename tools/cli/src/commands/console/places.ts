import { type CommandContext, readStackOutputs, toolRunner } from '#runtime';
import { openKubernetes } from '../verify/observed/kubernetes.ts';
import type { ClusterOptions } from './cluster.ts';

/** Where a platform runs, and what is known of it. */
type Place = Pick<ClusterOptions, 'kubernetes' | 'namespace' | 'place' | 'published'>;

/** A cluster by a kubeconfig alone. @throws {CheckError} when that names none */
export function kubeconfigPlace({
  kubeconfig: file,
  context,
  namespace = 'envoy-poc',
}: {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}): Place {
  return { kubernetes: openKubernetes({ file, context }), namespace, place: `namespace ${namespace}` };
}

/** A deployed stack, by what its layers publish. @throws {CheckError} when it is not there */
export async function stackPlace(
  stack: string,
  { root, env, signal }: Pick<CommandContext, 'root' | 'env' | 'signal'>,
): Promise<Place> {
  const run = toolRunner(env, signal);
  const { kubeconfig } = await readStackOutputs(run, root, 'cluster', stack);
  const { namespace, limits, demand } = await readStackOutputs(run, root, 'workloads', stack);
  const kubernetes = openKubernetes({ content: kubeconfig });
  return { kubernetes, namespace, place: `stack ${stack}`, published: { limits, demand } };
}
