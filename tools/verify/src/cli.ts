import {
  type CommonOptions,
  commandOf,
  report,
  runCommand,
  type Surroundings,
  UsageError,
} from '@envoy-poc/checks';
import { kubernetesMode, localMode, type Mode, stackMode } from './modes.ts';

interface Options extends CommonOptions {
  readonly local: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly window: string;
}

/** Runs the command line of `verify` and gives the exit code. */
export function verify(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const command = commandOf('verify', 'Says whether what was deployed works. Run it by: npx verify')
    .option('--local', 'look at the run of npm start', false)
    .option('--kubeconfig <file>', 'look at a cluster by this kubeconfig alone, without AWS and Pulumi')
    .option('--context <name>', 'the context of the kubeconfig')
    .option('--namespace <name>', 'the namespace of the workloads, with --kubeconfig (default: envoy-poc)')
    .option('--window <seconds>', 'how long messages and logs are looked at', '30');
  return runCommand<Options>(command, argv, surroundings, async (options) => {
    const windowSeconds = Number(options.window);
    if (!(windowSeconds >= 1 && windowSeconds <= 600)) {
      throw new UsageError(`--window ${options.window}: must be seconds from 1 to 600`);
    }
    return look(modeOf(options, { surroundings, windowSeconds }), options, surroundings);
  });
}

function modeOf(options: Options, settings: Parameters<typeof localMode>[0]) {
  const { local, kubeconfig, context, namespace, stack } = options;
  if (local && kubeconfig !== undefined) throw new UsageError('--local and --kubeconfig exclude each other');
  if (kubeconfig === undefined && (context ?? namespace) !== undefined) {
    throw new UsageError('--context and --namespace need --kubeconfig');
  }
  if (local) return localMode(settings);
  if (kubeconfig !== undefined) return kubernetesMode(settings, { file: kubeconfig, context }, namespace);
  return stackMode(settings, stack);
}

async function look<Context>(
  mode: Mode<Context>,
  options: Options,
  surroundings: Surroundings,
): Promise<number> {
  try {
    const { ok } = await report('verify', mode.checks, mode.context, options, surroundings);
    return ok ? 0 : 1;
  } finally {
    await mode.close().catch(() => {});
  }
}
