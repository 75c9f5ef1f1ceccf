import { clusterConfig } from '@envoy-poc/layers/cluster';
import { awsPlaceOf, CheckError, readStackSettings } from '#runtime';
import type { ClusterPlace } from './context.ts';

/** What access has to know of the cluster's settings. */
const settingsOfAccess = clusterConfig.pick({ name: true, kubectlProfile: true });

/**
 * Where a stack's cluster is and as whom people use it, by the stack's settings: whoever only uses the cluster need not
 * be able to read its state.
 *
 * @param profile goes before the one of the settings
 * @throws {CheckError} when there are no such settings, or bad ones
 */
export async function readPlace(
  root: string,
  stack: string,
  env: NodeJS.ProcessEnv,
  profile: string | undefined,
): Promise<ClusterPlace> {
  const cluster = await readStackSettings(root, 'cluster', stack, env);
  const workloads = await readStackSettings(root, 'workloads', stack, env);
  const network = await readStackSettings(root, 'network', stack, env);
  const { region, profile: deployProfile } = awsPlaceOf(network);
  const values = { name: cluster.get('name'), kubectlProfile: cluster.get('kubectlProfile') };
  const parsed = settingsOfAccess.safeParse(values);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = String(issue?.path[0]);
    throw new CheckError(
      `cluster:${key} = ${JSON.stringify(cluster.get(key))}: ${issue?.message}`,
      `cd projects/cluster && pulumi config set cluster:${key} <value> --stack ${stack}`,
    );
  }
  return {
    name: parsed.data.name,
    region,
    profile: profile ?? parsed.data.kubectlProfile,
    deployProfile,
    admins: adminsOf(cluster.get('adminPrincipalArns')),
    namespace: workloads.get('namespace') ?? '',
  };
}

/** Bad ones are left in: what is wrong with them is for the deploy to say. */
function adminsOf(text: string | undefined): string[] {
  try {
    const list: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(list) ? list.map(String) : [];
  } catch {
    return [];
  }
}
