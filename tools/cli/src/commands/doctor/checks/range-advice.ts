import { readResourceCount } from '#runtime';
import type { DoctorContext } from '../context.ts';

/** How long the state is asked, in seconds; a slow backend is no reason to wait for an advice. */
const TIMEOUT_SECONDS = 10;

/**
 * The way to another range of the VPC. Before the first deploy that is a setting; afterwards it would be another VPC
 * under all that stands in this one.
 */
export async function rangeAdvice(context: DoctorContext, range: string): Promise<string> {
  const { root, stack, run } = context;
  const asked: typeof run = (command, args, options) =>
    run(command, args, { ...options, timeoutSeconds: TIMEOUT_SECONDS });
  // Where nobody can be asked, another check says so.
  const resources = await readResourceCount(asked, root, 'network', stack).catch(() => 0);
  return resources > 0
    ? `leave it: the network stands (${resources} resources), and another range is another VPC with all of it made anew (docs/deploying.md)`
    : `before the first deploy: cd projects/network && pulumi config set network:vpcCidr ${range} --stack ${stack}`;
}
