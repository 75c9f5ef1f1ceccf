import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CommandContext,
  commandOf,
  type LookOptions,
  look,
  runCommand,
  UsageError,
  withLookOptions,
} from '#runtime';
import type { NotWritableError } from '../start/errors.ts';
import { prepareFile } from '../start/writable.ts';
import { kubernetesMode, localMode, stackMode } from './modes.ts';
import { readLocalRun } from './observed/local-plane.ts';
import { recordRun } from './record.ts';

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
    }),
  )
    .option('--local', 'check the run of npm start', false)
    .option('--kubeconfig <file>', 'check a cluster with this kubeconfig only, without AWS and Pulumi')
    .option('--context <name>', 'context in the kubeconfig')
    .option('--namespace <name>', 'namespace of the workloads, with --kubeconfig (default: envoy-poc)')
    .option('--window <seconds>', 'how long to observe messages and logs', '30')
    .option('--record <file>', 'with --local: record the run for that long, as an HTML file that replays it');
  return runCommand<Options>(command, argv, surroundings, async (options) => {
    const windowSeconds = Number(options.window);
    if (!(windowSeconds >= 1 && windowSeconds <= 600)) {
      throw new UsageError(`--window ${options.window}: must be seconds from 1 to 600`);
    }
    checkPlaces(options);
    const settings = { surroundings, windowSeconds };
    const { local, kubeconfig, context, namespace, stack } = options;
    const at = (name: string) => ({ ...options, stack: name });
    if (local) {
      return recorded(options.record, settings, () =>
        look('verify', () => localMode(settings), at('local'), surroundings),
      );
    }
    if (kubeconfig === undefined) {
      return look('verify', () => stackMode(settings, stack), options, surroundings);
    }
    const place = { file: kubeconfig, context };
    return look('verify', () => kubernetesMode(settings, place, namespace), at('kubernetes'), surroundings);
  });
}

/** Does some work, and records the local run during it: in `file`, and for the window at least. */
async function recorded(
  file: string | undefined,
  { surroundings, windowSeconds }: { surroundings: CommandContext; windowSeconds: number },
  work: () => Promise<number>,
): Promise<number> {
  if (file === undefined) return work();
  const { root, env, stderr, signal } = surroundings;
  await prepareFile('--record', file).catch((error: NotWritableError) => {
    throw new UsageError(error.message);
  });
  const until = performance.now() + windowSeconds * 1000;
  const recording = await recordRun((await readLocalRun(root, env)).console, file);
  try {
    const code = await work();
    await sleep(Math.max(0, until - performance.now()), undefined, { signal }).catch(() => {});
    return code;
  } finally {
    await recording.finish();
    stderr.write(`recorded in ${file}: open it in a browser to replay the run\n`);
  }
}

function checkPlaces({ local, kubeconfig, context, namespace, record }: Options): void {
  if (record !== undefined && !local) {
    throw new UsageError('--record needs --local: only a local run tells its events');
  }
  if (local && kubeconfig !== undefined) throw new UsageError('--local and --kubeconfig exclude each other');
  if (kubeconfig === undefined && (context ?? namespace) !== undefined) {
    throw new UsageError('--context and --namespace need --kubeconfig');
  }
}
