import { isIPv4 } from 'node:net';
import { Command, CommanderError, Option } from 'commander';
import { z } from 'zod';
import { UsageError } from './errors.ts';

const whole = (least: number, most: number) =>
  z.coerce
    .number(`must be a whole number from ${least} to ${most}`)
    .int(`must be a whole number from ${least} to ${most}`)
    .min(least, `must be a whole number from ${least} to ${most}`)
    .max(most, `must be a whole number from ${least} to ${most}`);

const number = (above: number, most: number) =>
  z.coerce
    .number(`must be a number above ${above}, at most ${most}`)
    .gt(above, `must be a number above ${above}, at most ${most}`)
    .max(most, `must be a number above ${above}, at most ${most}`);

/** `10-20`, or one number for both ends. Seconds. */
const range = z
  .string()
  .regex(/^\d+(\.\d+)?(-\d+(\.\d+)?)?$/, 'must be seconds, one number or a range such as 10-20')
  .transform((text) => {
    const [min = 0, max = min] = text.split('-').map(Number);
    return { min, max };
  })
  .refine(({ min, max }) => min > 0 && min <= max && max <= 3600, 'must rise, between 0 and 3600 seconds');

const schema = z.object({
  pods: whole(1, 100),
  limit: whole(1, 1000),
  edges: whole(1, 20),
  rate: number(0, 1000),
  clients: whole(0, 200),
  connections: whole(1, 1000),
  attemptInterval: number(0, 3600),
  messageInterval: range,
  concurrency: whole(1, 16),
  for: number(0, 86_400).optional(),
  report: z.string().min(1).optional(),
  port: whole(1, 65_535),
  json: z.boolean(),
});

/** What one local run does. */
export type Options = z.infer<typeof schema>;

/** A line of `--help` for every option: flags, description, default. */
const flags: Record<keyof Options, [flags: string, description: string, fallback?: string | boolean]> = {
  pods: ['--pods <n>', 'server pods', '4'],
  limit: ['--limit <n>', 'connections a pod accepts', '2'],
  edges: ['--edges <n>', 'Envoys in front of them', '3'],
  rate: ['--rate <n>', 'new connections a second, all edges together', '1'],
  clients: ['--clients <n>', 'clients', '10'],
  connections: ['--connections <n>', 'connections each client wants', '5'],
  attemptInterval: ['--attempt-interval <seconds>', 'a client attempts once in this time', '10'],
  messageInterval: ['--message-interval <seconds>', 'a client sends once in this time, at random', '10-20'],
  concurrency: ['--concurrency <n>', 'worker threads of an Envoy', '2'],
  for: ['--for <seconds>', 'stop after this time; exit 0 only if every verdict holds'],
  report: ['--report <file>', 'write the verdicts and figures to a JSON file at the end'],
  port: ['--port <n>', 'port of the console', '7070'],
  json: ['--json', 'print events as JSON lines', false],
};

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
  const command = new Command('npm start --')
    .description('Runs the whole data plane on this machine and says whether its limits hold.')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      '\nExit: 0 all verdicts hold, 1 one does not or a process died, 2 bad usage, 130 interrupted.',
    );
  for (const [flag, description, fallback] of Object.values(flags)) {
    const option = new Option(flag, description);
    command.addOption(fallback === undefined ? option : option.default(fallback));
  }
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new UsageError(`${error.message.replace(/^error: /, '')}; see npm start -- --help`);
  }
  const parsed = schema.safeParse(command.opts());
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const key = issue.path[0] as keyof Options;
    const flag = flags[key][0].split(' ')[0];
    return `${flag} ${command.getOptionValue(key)}: ${issue.message}`;
  });
  throw new UsageError(`${[...new Set(lines)].join('\n')}\nsee npm start -- --help`);
}
