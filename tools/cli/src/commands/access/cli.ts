import {
  CheckError,
  type CommandContext,
  type CommonOptions,
  commandOf,
  findAwsProfile,
  once,
  report,
  runCommand,
  toolRunner,
} from '#runtime';
import { awsChecks } from './checks/aws.ts';
import { kubernetesChecks } from './checks/kubernetes.ts';
import type { AccessContext } from './context.ts';
import { accessFacts, callerArn, describeCluster } from './eks.ts';
import { explainRefusal } from './explain.ts';
import { chooseKubeconfig, kubeconfig } from './kubeconfig.ts';
import { hasRight, NotLetIn, openContext, whoAmI } from './kubernetes.ts';
import { readPlace } from './place.ts';

interface Options extends CommonOptions {
  readonly profile?: string;
  readonly kubeconfig?: string;
}

/** All checks, in their order. */
const checks = [...awsChecks, kubeconfig, ...kubernetesChecks];

/** Runs the command line of `access` and gives the exit code. */
export function access(
  argv: readonly string[],
  surroundings: CommandContext,
  today = new Date(),
): Promise<number> {
  const command = commandOf(
    'access',
    "Writes the kubeconfig of the stack's cluster with aws eks update-kubeconfig, makes it the current context, and " +
      'lists what you may do there.',
    {
      'npx envoy-poc access': 'for the stack dev',
      'npx envoy-poc access --stack staging --profile my-own': 'for another stack, with another profile',
      'npx envoy-poc access --kubeconfig ./kubeconfig --json': 'write to another file, print JSON',
    },
  )
    .option('--profile <name>', "AWS CLI profile (default: the stack's cluster:kubectlProfile)")
    .option('--kubeconfig <file>', 'kubeconfig to write (default: $KUBECONFIG, or ~/.kube/config)');
  return runCommand<Options>(command, argv, surroundings, async (options) => {
    const { ok } = await report(
      'access',
      checks,
      contextOf(options, surroundings, today),
      options,
      surroundings,
    );
    return ok ? 0 : 1;
  });
}

function contextOf(options: Options, { root, env, signal }: CommandContext, today: Date): AccessContext {
  const { stack } = options;
  const place = once(() => readPlace(root, stack, env, options.profile));
  const identity = once(async () => callerArn(await place(), signal));
  const cluster = once(async () => describeCluster(await place(), stack, signal));
  const config = once(async () => {
    const { arn } = await cluster();
    return openContext(chooseKubeconfig(options.kubeconfig, env, arn), arn);
  });
  const username = once(async () => {
    try {
      return await whoAmI(await config());
    } catch (error) {
      if (!(error instanceof NotLetIn)) throw error;
      const [at, caller] = [await place(), await identity()];
      const { values } = await findAwsProfile(at.profile, env);
      const facts = await accessFacts(at, caller, signal);
      const { seen, next } = explainRefusal({
        ...{ stack, place: at, callerArn: caller, ssoRegion: values.sso_region },
        ...facts,
      });
      throw new CheckError(seen, next ?? '');
    }
  });
  return {
    ...{ stack, env, today, place, identity, cluster, username },
    run: toolRunner(env, signal),
    kubeconfig: options.kubeconfig,
    may: async (right) => hasRight(await config(), right),
  };
}
