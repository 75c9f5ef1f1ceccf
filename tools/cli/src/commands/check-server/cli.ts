import { defaultLimits } from '@envoy-poc/edge';
import {
  type CommandContext,
  type CommonOptions,
  commandOf,
  report,
  runCommand,
  toolRunner,
  UsageError,
} from '#runtime';
import { checks } from './checks/index.ts';
import { oneAtATime, type StartedServer } from './context.ts';
import { environment, startCommand, startImage } from './start-server.ts';

interface Options extends CommonOptions {
  readonly command?: string;
  readonly connections: number;
  readonly pingInterval?: number;
}

/** Pings of a server that is started here; nobody wants to wait for those of a real one. */
const FAST_PINGS_SECONDS = 1;
/** Three intervals are waited for, and a check has a minute. */
const MOST_PING_SECONDS = 25;

/** Runs the command line of `check-server` and gives the exit code. */
export function checkServer(argv: readonly string[], surroundings: CommandContext): Promise<number> {
  const command = commandOf(
    'check-server',
    'Checks whether your own server meets the requirements of the limits (docs/your-own-server.md).',
    {
      'npx envoy-poc check-server my-server:1.2': 'an image, run by docker or podman',
      'npx envoy-poc check-server --command "node dist/index.js"': 'a program, started by the command',
      'npx envoy-poc check-server ws://10.0.1.7:8080 --connections 5': 'a running server; it must be idle',
    },
  )
    .argument('[server]', 'ws:// address of an idle server, or an image reference')
    .option('--command <line>', 'command line that starts the server')
    .option('--connections <n>', 'connections that it must accept', whole, defaultLimits.connectionsPerPod)
    .option(
      '--ping-interval <seconds>',
      `time between pings (default: ${FAST_PINGS_SECONDS}, for an address ${defaultLimits.pingIntervalSeconds}; at most ${MOST_PING_SECONDS})`,
      whole,
    );
  return runCommand<Options>(command, argv, surroundings, async (options) => {
    const [place] = command.args;
    if ((place === undefined) === (options.command === undefined)) {
      throw new UsageError('name one server: an address, an image, or --command');
    }
    const { connections, pingInterval } = options;
    const address = place === undefined ? undefined : addressOf(place);
    const usual = address ? defaultLimits.pingIntervalSeconds : FAST_PINGS_SECONDS;
    const pingIntervalSeconds = pingInterval ?? usual;
    if (pingIntervalSeconds > MOST_PING_SECONDS) {
      throw new UsageError(`--ping-interval ${pingIntervalSeconds}: at most ${MOST_PING_SECONDS}`);
    }
    const variables = environment(connections, pingIntervalSeconds);
    let started: StartedServer | undefined;
    if (options.command !== undefined) {
      started = await startCommand(options.command, variables, surroundings);
    } else if (!address && place !== undefined) {
      const { env, signal } = surroundings;
      started = await startImage(place, variables, toolRunner(env, signal), signal);
    }
    try {
      const url = started?.url ?? address ?? new URL('ws://127.0.0.1/');
      const { edgeReadyPort } = started ?? {};
      const context = { url, connections, pingIntervalSeconds, started, edgeReadyPort, alone: oneAtATime() };
      const looked = { ...options, stack: options.command ?? place ?? '' };
      return (await report('check-server', checks, context, looked, surroundings)).ok ? 0 : 1;
    } finally {
      await started?.remove();
    }
  });
}

/** The address, where it is one; undefined: it is the reference of an image. @throws {UsageError} */
function addressOf(place: string): URL | undefined {
  if (!/^[a-z]+:\/\//.test(place)) return undefined;
  const url = URL.parse(place);
  if (url?.protocol === 'ws:') return url;
  throw new UsageError(
    `${place}: name a pod's address, like ws://10.0.1.7:8080; edges speak plain HTTP to it`,
  );
}

function whole(word: string): number {
  if (/^[1-9]\d{0,3}$/.test(word)) return Number(word);
  throw new UsageError(`${word}: must be a whole number from 1 to 9999`);
}
