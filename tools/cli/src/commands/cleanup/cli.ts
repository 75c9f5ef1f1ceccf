import {
  askAws,
  type CommandContext,
  type CommonOptions,
  commandOf,
  findAwsProfile,
  once,
  report,
  runCommand,
  toolRunner,
} from '#runtime';
import { checks } from './checks.ts';
import type { CleanupContext } from './context.ts';
import { ownClusterName } from './kinds/cluster.ts';
import { vpcs } from './kinds/ec2.ts';
import { readSettings } from './settings.ts';

interface Options extends CommonOptions {
  readonly region?: string;
}

/** Runs the command line of `cleanup` and gives the exit code. */
export function cleanup(argv: readonly string[], surroundings: CommandContext): Promise<number> {
  const command = commandOf(
    'cleanup',
    'Lists what AWS still keeps of a destroyed stack, with the commands that remove it. Deletes nothing.',
    {
      'npx envoy-poc cleanup': 'for the stack dev',
      'npx envoy-poc cleanup --stack blue --region eu-west-1':
        'for another stack, in a region that it used before',
      'npx envoy-poc cleanup --json': 'print JSON, with the commands for each kind',
    },
  ).option('--region <name>', "AWS region, if not the stack's");
  return runCommand<Options>(command, argv, surroundings, async (options) => {
    const removal = new Map<string, readonly string[]>();
    const context = contextOf(options, surroundings, (kind, commands) => {
      removal.set(kind, commands);
      // A person wants the commands in one piece, a program with what they remove.
      return options.json ? commands.join('\n') : 'the commands below';
    });
    const { ok } = await report('cleanup', checks, context, options, surroundings);
    const commands = checks.flatMap(({ id }) => removal.get(id) ?? []);
    if (!options.json && commands.length > 0) {
      surroundings.stdout.write(`\nThis removes it, in this order:\n\n${commands.join('\n')}\n`);
    }
    return ok ? 0 : 1;
  });
}

function contextOf(
  { stack, region }: Options,
  { root, env, signal }: CommandContext,
  found: CleanupContext['found'],
): CleanupContext {
  const settings = once(() => readSettings(root, stack, env, region));
  const own = once(async () => {
    const known = await settings();
    const clusterName = await askAws(known.place, 'eks:DescribeCluster', () =>
      ownClusterName(known.clusterName, known, signal),
    );
    return { ...known, clusterName };
  });
  const ownVpcs = once(async () => {
    const scope = { ...(await own()), vpcs: async () => [] };
    return (await askAws(scope.place, vpcs.action, () => vpcs.find(scope, signal))).ids;
  });
  return {
    ...{ root, stack, env, settings, found },
    run: toolRunner(env, signal),
    profile: async () => {
      const { profile } = (await settings()).place;
      return profile === undefined ? undefined : findAwsProfile(profile, env);
    },
    scope: async () => ({ ...(await own()), vpcs: ownVpcs }),
  };
}
