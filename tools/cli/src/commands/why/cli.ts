import { type CommandContext, type CommonOptions, commandOf, runCommand } from '#runtime/command';
import { CheckError, UsageError } from '#runtime/errors';
import { Explainer } from './explain.ts';
import { paragraph } from './print.ts';
import { Records, type Told } from './records.ts';
import { localLogs } from './sources/local.ts';

interface Options extends CommonOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly since: string;
  readonly last?: string;
}

/** Runs the command line of `why` and gives the exit code. */
export function why(argv: readonly string[], surroundings: CommandContext): Promise<number> {
  const command = commandOf('why', 'Explains why a connection was refused.', {
    'npx envoy-poc why --last 3': 'the latest three refusals of npm start, or of its last run',
    'npx envoy-poc why 0f8fad5b-d9cb-469f-a165-70867728950e': 'one attempt, by its x-request-id',
    'npx envoy-poc why --last 2000 --json': 'as JSON, to count them',
    'npx envoy-poc why --stack dev --last 3': 'of a deployed stack',
    'npx envoy-poc why --kubeconfig ~/.kube/config --last 3': 'of a cluster, without AWS and Pulumi',
  })
    .argument('[request id...]', 'x-request-id of an attempt: each answer and each access log line has it')
    .option('--last <n>', 'explain the latest refusals')
    .option('--kubeconfig <file>', 'look at a cluster with this kubeconfig only, without AWS and Pulumi')
    .option('--context <name>', 'context in the kubeconfig')
    .option('--namespace <name>', 'namespace of the workloads, with --kubeconfig (default: envoy-poc)')
    .option('--since <seconds>', 'how far back the logs of a cluster are read', '3600');
  const stackOption = command.options.find(({ long }) => long === '--stack');
  if (stackOption)
    stackOption.description = 'a deployed stack (default: the run of npm start, or its last one)';
  return runCommand<Options>(command, argv, surroundings, async (options) => {
    const stack = command.getOptionValue('stack') as string | undefined;
    const [last, sinceSeconds] = [numberOf('last', options.last), Number(numberOf('since', options.since))];
    checkWords(command.args, options, stack);
    const told = await read({ ...options, sinceSeconds }, stack, surroundings);
    const explainer = new Explainer(new Records(told));
    const ids = last === undefined ? command.args : explainer.latestRefusals(last);
    const found = ids.map((id) => ({ id, explanations: explainer.explain(id) }));
    const unknown = found.filter(({ explanations }) => explanations.length === 0).map(({ id }) => id);
    const all = found.flatMap(({ explanations }) => explanations);
    const { stdout } = surroundings;
    if (options.json) stdout.write(`${JSON.stringify(all, null, 2)}\n`);
    else if (last !== undefined && all.length === 0) stdout.write('no refusal in the logs\n');
    else stdout.write(all.map(paragraph).join('\n'));
    if (unknown.length === 0) return 0;
    throw new CheckError(
      `no log has request ${unknown.join(', ')}`,
      'npx envoy-poc why --last 10 lists ids; x-request-id of an answer and request_id of an access log line are such',
    );
  });
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 1_000_000) return number;
  throw new UsageError(`--${name} ${text}: must be a whole number from 1 to 1000000`);
}

function checkWords(ids: readonly string[], options: Options, stack: string | undefined): void {
  const { last, kubeconfig, context, namespace } = options;
  if (ids.length > 0 === (last !== undefined)) throw new UsageError('name request ids, or --last <n>');
  if (stack !== undefined && kubeconfig !== undefined)
    throw new UsageError('--stack and --kubeconfig exclude each other');
  if (kubeconfig === undefined && (context ?? namespace) !== undefined)
    throw new UsageError('--context and --namespace need --kubeconfig');
}

async function read(
  { kubeconfig: file, context, namespace, sinceSeconds }: Options & { readonly sinceSeconds: number },
  stack: string | undefined,
  { root, env, signal }: CommandContext,
): Promise<Told> {
  if (stack === undefined && file === undefined) return localLogs(root, env);
  // Takes half a second to load, and a local run needs none of it.
  const { clusterLogs, stackLogs } = await import('./sources/kubernetes.ts');
  if (stack !== undefined) return stackLogs({ root, env, signal, stack, sinceSeconds });
  return clusterLogs({ file, context }, { namespace, sinceSeconds });
}
