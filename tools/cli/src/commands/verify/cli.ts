import {
  type CommandContext,
  commandOf,
  type LookOptions,
  look,
  runCommand,
  UsageError,
  withLookOptions,
} from '#runtime';
import { kubeconfigPlace, stackPlace } from '../console/places.ts';
import { recordDescription } from '../start/recording.ts';
import { kubernetesMode, localMode, stackMode } from './modes.ts';
import { readLocalRun } from './observed/local-plane.ts';
import { type RecordOptions, recorded, watchCluster } from './record.ts';
import { watchRun } from './watch-run.ts';

interface Options extends LookOptions {
  readonly local: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly window: string;
  readonly record?: string;
}

/** Runs the command line of `verify` and gives the exit code. */
export function verify(argv: readonly string[], surroundings: CommandContext): Promise<number> {
  const command = withLookOptions(
    commandOf('verify', 'Checks whether a deployed stack or a local run works.', {
      'npx envoy-poc verify --watch': 'check the stack dev until everything works',
      'npx envoy-poc verify --local': 'check the run of npm start',
      'npx envoy-poc verify --kubeconfig ~/.kube/config': 'check the workloads of a cluster, without AWS',
      'npx envoy-poc verify --record run.html':
        'record the stack meanwhile: open the file in a browser to replay it',
    }),
  )
    .option('--local', 'check the run of npm start', false)
    .option('--kubeconfig <file>', 'check a cluster with this kubeconfig only, without AWS and Pulumi')
    .option('--context <name>', 'context in the kubeconfig')
    .option('--namespace <name>', 'namespace of the workloads, with --kubeconfig (default: envoy-poc)')
    .option('--window <seconds>', 'how long to observe messages and logs', '30')
    .option('--record <file>', `${recordDescription} meanwhile, and for that long at least`);
  return runCommand<Options>(command, argv, surroundings, async (options) => {
    const windowSeconds = Number(options.window);
    if (!(windowSeconds >= 1 && windowSeconds <= 600)) {
      throw new UsageError(`--window ${options.window}: must be seconds from 1 to 600`);
    }
    checkPlaces(options);
    const settings = { surroundings, windowSeconds };
    const { local, kubeconfig, context, namespace, stack, record: file } = options;
    const at = (name: string) => ({ ...options, stack: name });
    const { root, env } = surroundings;
    const whileRecorded = (watch: RecordOptions['watch'], work: () => Promise<number>) =>
      recorded({ file, windowSeconds, watch }, work, surroundings);
    if (local) {
      return whileRecorded(
        async () => watchRun((await readLocalRun(root, env)).console),
        () => look('verify', () => localMode(settings), at('local'), surroundings),
      );
    }
    if (kubeconfig === undefined) {
      return whileRecorded(
        async (signal) => watchCluster(await stackPlace(stack, { root, env, signal }), signal),
        () => look('verify', () => stackMode(settings, stack), options, surroundings),
      );
    }
    const place = { file: kubeconfig, context };
    return whileRecorded(
      (signal) => watchCluster(kubeconfigPlace(options), signal),
      () => look('verify', () => kubernetesMode(settings, place, namespace), at('kubernetes'), surroundings),
    );
  });
}

function checkPlaces({ local, kubeconfig, context, namespace }: Options): void {
  if (local && kubeconfig !== undefined) throw new UsageError('--local and --kubeconfig exclude each other');
  if (kubeconfig === undefined && (context ?? namespace) !== undefined) {
    throw new UsageError('--context and --namespace need --kubeconfig');
  }
}
