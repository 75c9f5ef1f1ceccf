import {
  type Check,
  type CommandContext,
  commandOf,
  type LookOptions,
  look,
  readAllStackSettings,
  runCommand,
  skip,
  toolRunner,
  withLookOptions,
} from '#runtime';
import { accountChecks } from './checks/account.ts';
import { clusterChecks } from './checks/cluster.ts';
import { designChecks } from './checks/design.ts';
import { imageChecks } from './checks/images.ts';
import { profileChecks } from './checks/profile.ts';
import { quotaChecks } from './checks/quotas.ts';
import { settingsChecks } from './checks/settings.ts';
import { siblingChecks } from './checks/siblings.ts';
import { stateChecks, statePlaceChecks } from './checks/state-bucket.ts';
import { stackToolChecks, toolChecks } from './checks/tools.ts';
import type { DoctorContext } from './context.ts';

interface Options extends LookOptions {
  readonly offline: boolean;
}

/** Checks of this machine and the settings. */
export const offlineChecks = [
  ...toolChecks,
  ...settingsChecks,
  ...siblingChecks,
  ...stackToolChecks,
  ...designChecks,
  ...statePlaceChecks,
  ...profileChecks,
];
/** Checks that ask AWS. */
export const onlineChecks = [
  ...accountChecks,
  ...stateChecks,
  ...quotaChecks,
  ...clusterChecks,
  ...imageChecks,
];

const skipped = ({ id, title }: Check<DoctorContext>): Check<DoctorContext> => ({
  id,
  title,
  run: () => skip('because of --offline'),
});

/** Runs the command line of `doctor` and gives the exit code. */
export function doctor(argv: readonly string[], surroundings: CommandContext, today?: Date): Promise<number> {
  const command = withLookOptions(
    commandOf('doctor', 'Checks whether a deploy of the stack can work. Changes nothing.', {
      'npx envoy-poc doctor': 'check the stack dev',
      'npx envoy-poc doctor --offline --stack staging': 'check this machine and the configuration only',
      'npx envoy-poc doctor --report junit': 'also write a report for CI',
    }).option('--offline', 'check this machine and the configuration only, not AWS', false),
  );
  return runCommand<Options>(command, argv, surroundings, (options) => {
    const checks = [...offlineChecks, ...(options.offline ? onlineChecks.map(skipped) : onlineChecks)];
    const open = () => ({ checks, context: contextOf(options.stack, surroundings, today ?? new Date()) });
    return look('doctor', open, options, surroundings);
  });
}

function contextOf(stack: string, { root, env, signal }: CommandContext, today: Date): DoctorContext {
  let settings: ReturnType<typeof readAllStackSettings> | undefined;
  return {
    ...{ root, stack, env, today },
    run: toolRunner(env, signal),
    settings: () => {
      settings ??= readAllStackSettings(root, stack, env);
      return settings;
    },
  };
}
