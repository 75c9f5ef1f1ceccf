import {
  type Check,
  type CommonOptions,
  commandOf,
  pass,
  report,
  runCommand,
  type Surroundings,
  UsageError,
} from '@envoy-poc/checks';
import { notHere, planeChecks } from './checks/index.ts';
import type { VerifyContext } from './context.ts';
import { localPlane } from './plane/local-plane.ts';

const localRun: Check<VerifyContext> = {
  id: 'plane',
  title: 'a local run is up',
  async run({ plane }) {
    const { url } = await plane();
    return pass(url ?? 'without an edge');
  },
};

interface Options extends CommonOptions {
  readonly local: boolean;
  readonly window: string;
}

/** Runs the command line of `verify` and gives the exit code. */
export function verify(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const command = commandOf('verify', 'Says whether what was deployed works. Run it by: npx verify')
    .option('--local', 'look at the run of npm start', false)
    .option('--window <seconds>', 'how long messages and logs are looked at', '30');
  return runCommand<Options>(command, argv, surroundings, async (options) => {
    const windowSeconds = Number(options.window);
    if (!(windowSeconds >= 1 && windowSeconds <= 600)) {
      throw new UsageError(`--window ${options.window}: must be seconds from 1 to 600`);
    }
    const { root, env } = surroundings;
    const because = 'because a local run has none';
    const context: VerifyContext = {
      plane: () => localPlane(root, env),
      look: () => 'look at what npm start printed last',
      podRanges: async () => undefined,
      windowSeconds,
    };
    const checks = [
      notHere<VerifyContext>('stacks', 'every layer is deployed', because),
      notHere<VerifyContext>('cluster', 'the cluster is active', because),
      notHere<VerifyContext>('nodes', 'the nodes are ready', because),
      notHere<VerifyContext>('repositories', 'the images are there', because),
      notHere<VerifyContext>('load-balancer', 'the load balancer is healthy', because),
      localRun,
      ...planeChecks,
    ];
    const { ok } = await report('verify', checks, context, options, surroundings);
    return ok ? 0 : 1;
  });
}
