import {
  type CommandContext,
  commandOf,
  type LookOptions,
  look,
  runCommand,
  UsageError,
  withLookOptions,
} from '#runtime';
import { kubernetesMode, localMode, stackMode } from './modes.ts';

interface Options extends LookOptions {
  readonly local: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly window: string;
}

/** Runs the command line of `verify` and gives the exit code. */
export function verify(argv: readonly string[], surroundings: CommandContext): Promise<number> {
  const command = withLookOptions(
    commandOf('verify', 'Checks whether a deployed stack or a local run works.', {
      'npx envoy-poc verify --watch': 'check the stack dev until everything works',
      'npx envoy-poc verify --local': 'check the run of npm start',
      'npx envoy-poc verify --kubeconfig ~/.kube/config': 'check the workloads of a cluster, without AWS',
    }),
  )
    .option('--local', 'check the run of npm start', false)
    .option('--kubeconfig <file>', 'check a cluster with this kubeconfig only, without AWS and Pulumi')
    .option('--context <name>', 'context in the kubeconfig')
    .option('--namespace <name>', 'namespace of the workloads, with --kubeconfig (default: envoy-poc)')
    .option('--window <seconds>', 'how long to observe messages and logs', '30');
  return runCommand<Options>(command, argv, surroundings, async (options) => {
    const windowSeconds = Number(options.window);
    if (!(windowSeconds >= 1 && windowSeconds <= 600)) {
      throw new UsageError(`--window ${options.window}: must be seconds from 1 to 600`);
    }
    checkPlaces(options);
    const settings = { surroundings, windowSeconds };
    const { local, kubeconfig, context, namespace, stack } = options;
    const at = (name: string) => ({ ...options, stack: name });
    if (local) return look('verify', () => localMode(settings), at('local'), surroundings);
    if (kubeconfig === undefined) {
      return look('verify', () => stackMode(settings, stack), options, surroundings);
    }
    const place = { file: kubeconfig, context };
    return look('verify', () => kubernetesMode(settings, place, namespace), at('kubernetes'), surroundings);
  });
}

function checkPlaces({ local, kubeconfig, context, namespace }: Options): void {
  if (local && kubeconfig !== undefined) throw new UsageError('--local and --kubeconfig exclude each other');
  if (kubeconfig === undefined && (context ?? namespace) !== undefined) {
    throw new UsageError('--context and --namespace need --kubeconfig');
  }
}
