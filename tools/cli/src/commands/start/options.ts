import { isIPv4 } from 'node:net';
import { portFault } from '@envoy-poc/console/port';
import {
  type Demand,
  demandFaults,
  demandSchema,
  type Limits,
  limitFaults,
  limitsSchema,
} from '@envoy-poc/edge';
import { Command, CommanderError, Option } from 'commander';
import { z } from 'zod';
import { UsageError } from '#runtime/errors';
import { recordDescription } from './recording.ts';

/** What the command line says as a number; what is none is left as it is, and refused. */
const number = <Field extends z.ZodType>(field: Field) =>
  z.preprocess((text) => (typeof text === 'string' && text.trim() !== '' ? Number(text) : text), field);

const whole = (most: number) =>
  number(
    z
      .int(`must be a whole number from 1 to ${most}`)
      .min(1, `must be a whole number from 1 to ${most}`)
      .max(most, `must be a whole number from 1 to ${most}`),
  );

/** How many processes one machine bears. */
export const mostProcesses = { serverReplicas: 100, edgeReplicas: 20, clientReplicas: 200 };

function processes(field: z.ZodDefault<z.ZodInt>, key: keyof typeof mostProcesses) {
  const most = mostProcesses[key];
  return number(field.unwrap().max(most, `must be ${most} or less on one machine`));
}

const limits = limitsSchema.shape;
const demand = demandSchema.shape;

const schema = z.object({
  serverReplicas: processes(limits.serverReplicas, 'serverReplicas'),
  connectionsPerPod: number(limits.connectionsPerPod),
  edgeReplicas: processes(limits.edgeReplicas, 'edgeReplicas'),
  newConnectionsPerSecond: number(limits.newConnectionsPerSecond),
  newConnectionsPerSecondPerClient: number(limits.newConnectionsPerSecondPerClient),
  admission: limits.admission,
  clientReplicas: processes(demand.clientReplicas, 'clientReplicas'),
  connectionsPerClient: number(demand.connectionsPerClient),
  attemptIntervalSeconds: number(demand.attemptIntervalSeconds),
  messageIntervalMinSeconds: number(demand.messageIntervalMinSeconds),
  messageIntervalMaxSeconds: number(demand.messageIntervalMaxSeconds),
  concurrency: whole(16),
  for: number(
    z.number('must be seconds').gt(0, 'must be above 0').max(86_400, 'must be 86400 or less'),
  ).optional(),
  report: z.string().min(1).optional(),
  record: z.string().min(1).optional(),
  port: number(
    z.unknown().superRefine((port, { addIssue }) => {
      const message = portFault(port);
      if (message !== undefined) addIssue({ code: 'custom', message });
    }),
  ).transform(Number),
  json: z.boolean().default(false),
});

/** What one local run does. */
export type Options = z.infer<typeof schema>;

/** The limits of a run. */
export function limitsOf(options: Options): Limits {
  // Shorter than in a cluster: nobody waits for it there, and somebody does here.
  return limitsSchema.parse({ ...options, serverDrainSeconds: 1 });
}

/** What of these options is out of range, or cannot work together. */
export function optionFaults(options: unknown): { key: string; message: string }[] {
  const parsed = schema.safeParse(options);
  return parsed.success
    ? [...limitFaults(limitsOf(parsed.data)), ...demandFaults(demandSchema.parse(parsed.data))]
    : parsed.error.issues.map(({ path, message }) => ({ key: String(path[0]), message }));
}

/** Options of the run itself: what their value is called, description, default. */
const ofTheRun: Partial<Record<keyof Options, [value: string, description: string, fallback?: string]>> = {
  concurrency: [' <n>', 'worker threads of an Envoy', '2'],
  for: [' <seconds>', 'stop after this time; exit 0 only if every verdict holds'],
  report: [' <file>', 'write the verdicts and figures to a JSON file at the end'],
  record: [' <file>', recordDescription],
  port: [' <n>', 'port of the console', '7070'],
  json: ['', 'print events as JSON lines'],
};

const flagOf = (key: string) => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** The option of a field; a limit's and a demand's description and default are those of its schema. */
function optionOf(key: keyof Options): Option {
  const own = ofTheRun[key];
  if (own) {
    const [value, description, fallback] = own;
    const option = new Option(`${flagOf(key)}${value}`, description);
    return fallback === undefined ? option : option.default(fallback);
  }
  const field: z.ZodType = { ...limits, ...demand }[key as keyof Limits | keyof Demand];
  const option = new Option(
    `${flagOf(key)} ${key === 'admission' ? '<way>' : key.endsWith('Seconds') ? '<seconds>' : '<n>'}`,
    field.description,
  );
  const fallback = field.parse(undefined);
  return fallback === undefined ? option : option.default(fallback);
}

/**
 * The first two numbers of a run's loopback addresses: `LOCAL_NETWORK`, such as `127.5`; undefined when it is not set.
 * @throws {UsageError} when it is something else; a folder is named by it.
 */
export function networkFrom({ LOCAL_NETWORK: network }: NodeJS.ProcessEnv): string | undefined {
  if (!network) return undefined;
  if (isIPv4(`${network}.1.1`)) return network;
  throw new UsageError(
    `LOCAL_NETWORK=${network} is not two numbers, such as 127.5: the first of the run's addresses`,
  );
}

/**
 * Reads the command line.
 * @returns undefined when it only asked for help, which is then printed.
 * @throws {UsageError} naming every bad value.
 */
export function parseOptions(argv: readonly string[]): Options | undefined {
  const command = new Command('envoy-poc start')
    .description('Runs the data plane on this machine and checks its limits.')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  npm start                                          run until Ctrl-C; the console is on http://127.0.0.1:7070\n' +
        '  npm start -- --record run.html                     record the run: open the file in a browser to replay it\n' +
        '  npm start -- --for 60 --report report.json         run for a minute, for CI\n' +
        '  npm start -- --connections-per-pod 3               run with another limit\n\n' +
        'On the console, processes can be killed and paused, and limits changed, while it runs (docs/local.md).\n' +
        '\nExit: 0 all verdicts hold, 1 one does not or a process died, 2 bad usage, 130 interrupted.',
    );
  for (const key of Object.keys(schema.shape)) command.addOption(optionOf(key as keyof Options));
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new UsageError(`${error.message.replace(/^error: /, '')}; see npm start -- --help`);
  }
  const faults = optionFaults(command.opts());
  if (faults.length === 0) return schema.parse(command.opts());
  const lines = faults.map(({ key, message }) => `${flagOf(key)} ${command.getOptionValue(key)}: ${message}`);
  throw new UsageError(`${[...new Set(lines)].join('\n')}\nsee npm start -- --help`);
}
