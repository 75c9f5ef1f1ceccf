import { portFault } from '@envoy-poc/console/port';
import { type CommandContext, type CommonOptions, commandOf, runCommand } from '#runtime/command';
import { UsageError } from '#runtime/errors';
import { keepRecording, recordDescription, recordedIn } from '../start/recording.ts';
import { prepareFile } from '../start/writable.ts';

interface Options extends CommonOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly port?: string;
  readonly record?: string;
}

/** Port of the page where none is named. */
const defaultPort = 7070;

/** Runs the command line of `console` and gives the exit code. */
export function openConsole(argv: readonly string[], surroundings: CommandContext): Promise<number> {
  const command = commandOf(
    'console',
    'Shows connections, refusals and limits as they happen, in a browser.',
    {
      'npx envoy-poc console': 'say where the page of npm start is',
      'npx envoy-poc console --stack dev': 'serve the page of a deployed stack until Ctrl-C',
      'npx envoy-poc console --kubeconfig ~/.kube/config': 'of a cluster, without AWS and Pulumi',
      'npx envoy-poc console --stack dev --record run.html':
        'record it too: open the file in a browser to replay it',
    },
  )
    .option('--kubeconfig <file>', 'watch a cluster with this kubeconfig only, without AWS and Pulumi')
    .option('--context <name>', 'context in the kubeconfig')
    .option('--namespace <name>', 'namespace of the workloads, with --kubeconfig (default: envoy-poc)')
    .option('--port <n>', `port of the page on this machine (default: ${defaultPort})`)
    .option('--record <file>', recordDescription);
  for (const { long, description } of [
    { long: '--stack', description: 'a deployed stack (default: the run of npm start)' },
    { long: '--json', description: 'print events as JSON lines' },
  ]) {
    const option = command.options.find((one) => one.long === long);
    if (option) option.description = description;
  }
  return runCommand<Options>(command, argv, surroundings, async (options) => {
    const stack = command.getOptionValue('stack') as string | undefined;
    const port = portOf(options, stack);
    // Takes half a second to load, and a local run needs none of it.
    if (stack === undefined && options.kubeconfig === undefined) return sayWhere(options, surroundings);
    const { record } = options;
    if (record !== undefined) await prepareFile('--record', record);
    const { kubeconfigPlace, stackPlace } = await import('./places.ts');
    const { serveCluster } = await import('./cluster.ts');
    const place = stack === undefined ? kubeconfigPlace(options) : await stackPlace(stack, surroundings);
    const { stdout, stderr, signal } = surroundings;
    const json = (value: object) => void stdout.write(`${JSON.stringify(value)}\n`);
    let recording: ReturnType<typeof keepRecording> | undefined;
    let recorded: string | undefined;
    try {
      await serveCluster(
        {
          ...{ ...place, port, signal },
          onEvent: (event) => options.json && json(event),
          progress: (line) => void stderr.write(`${line}\n`),
        },
        ({ url, recorder }) => {
          if (record !== undefined) recording = keepRecording(recorder, record);
          if (options.json) json({ event: 'progress', line: `console  ${url}` });
          else stdout.write(`console  ${url}\n`);
        },
      );
    } finally {
      recorded = await recording?.finish(false);
      if (recorded !== undefined) stderr.write(`${recordedIn(recorded)}\n`);
    }
    return record === recorded ? 0 : 1;
  });
}

/** @throws {UsageError} for options that make no sense together */
function portOf(
  { kubeconfig, context, namespace, port, record }: Options,
  stack: string | undefined,
): number {
  if (stack !== undefined && kubeconfig !== undefined)
    throw new UsageError('--stack and --kubeconfig exclude each other');
  if (kubeconfig === undefined && (context ?? namespace) !== undefined)
    throw new UsageError('--context and --namespace need --kubeconfig');
  if (record !== undefined && stack === undefined && kubeconfig === undefined)
    throw new UsageError(
      '--record needs --stack or --kubeconfig; npm start -- --record <file> records a local run',
    );
  if (port === undefined) return defaultPort;
  if (stack === undefined && kubeconfig === undefined)
    throw new UsageError(
      '--port needs --stack or --kubeconfig; npm start -- --port <n> is that of a local run',
    );
  const fault = portFault(port);
  if (fault !== undefined) throw new UsageError(`--port ${port}: ${fault}`);
  return Number(port);
}

async function sayWhere(
  { json }: Options,
  { root, env, stdout }: Pick<CommandContext, 'root' | 'env' | 'stdout'>,
): Promise<number> {
  const { readLocalRun } = await import('../verify/observed/local-plane.ts');
  const { console: url } = await readLocalRun(root, env);
  stdout.write(json ? `${JSON.stringify({ console: url })}\n` : `console  ${url}\n`);
  return 0;
}
