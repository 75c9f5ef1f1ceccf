import { prices } from '@envoy-poc/aws-facts';
import {
  awsPlaceOf,
  CheckError,
  type CommandContext,
  type CommonOptions,
  commandOf,
  readAllStackSettings,
  redactor,
  runCommand,
  startProgress,
  toolRunner,
} from '#runtime';
import { assumptions, readAssumptions } from './assumptions.ts';
import { previewOnBackend, whyNotDeployed } from './on-backend.ts';
import { previewOnDoubles } from './on-doubles.ts';
import { priceStack } from './price-stack.ts';
import { printed } from './print.ts';
import { reportOf } from './report.ts';

interface Options extends CommonOptions {
  readonly region?: string;
  readonly assume: readonly string[];
  readonly offline: boolean;
}

/** Runs the command line of `cost` and gives the exit code. */
export function cost(
  argv: readonly string[],
  surroundings: CommandContext,
  today = new Date(),
): Promise<number> {
  const names = Object.entries(assumptions).map(
    ([name, { value, meaning }]) => `${name} (${value}): ${meaning}`,
  );
  const command = commandOf(
    'cost',
    'Previews all layers of a stack, estimates the monthly cost and suggests what would make it cheaper. Requires ' +
      'pulumi on PATH; before the first deploy, no credentials.',
    {
      'npx envoy-poc cost': 'the stack dev with its current configuration',
      'npx envoy-poc cost --stack blue --region eu-west-1': 'another stack, at the prices of another region',
      'npx envoy-poc cost --assume hours=60 --offline': 'up for 60 hours a month; ignore the state',
    },
  );
  command
    .option('--region <region>', `use the prices of another region: ${Object.keys(prices).join(', ')}`)
    .option(
      '--assume <name=number>',
      `set an assumed quantity; repeatable\n${names.join('\n')}`,
      (word: string, words: string[]) => [...words, word],
      [],
    )
    .option('--offline', 'ignore the state of the stack', false);
  return runCommand<Options>(command, argv, surroundings, (options) => run(options, surroundings, today));
}

async function run(options: Options, surroundings: CommandContext, today: Date): Promise<number> {
  const { stack, json, offline } = options;
  const { root, env, signal, stdout, stderr } = surroundings;
  const begun = performance.now();
  const assumed = readAssumptions(options.assume);
  const settings = await readAllStackSettings(root, stack, env);
  const network = settings.get('network');
  const region = options.region ?? (network && awsPlaceOf(network).region) ?? '';
  if (!(region in prices)) {
    const known = Object.keys(prices);
    throw new CheckError(
      `there are no prices for the region ${region}, only for ${known.join(', ')}`,
      `npx envoy-poc cost --stack ${stack} --region ${known[0]}, or add the region to libs/aws-facts/src/prices.ts`,
    );
  }

  const progress = startProgress(stderr);
  try {
    const tool = toolRunner(env, signal);
    progress.running(['pulumi']);
    if (!(await tool('pulumi', ['version']))) {
      throw new CheckError('there is no pulumi on PATH', 'install it: https://www.pulumi.com/docs/install/');
    }
    progress.running(["the stack's state"]);
    const because = offline ? 'of --offline' : await whyNotDeployed(tool, root, stack);
    const previewer =
      because === undefined
        ? previewOnBackend(tool, root, stack)
        : await previewOnDoubles({ root, stack, region, settings, because: redactor(env)(because), signal });
    const circumstances = { region, today, assumed };
    try {
      const onRunning = (layers: readonly string[]) =>
        progress.running(layers.map((layer) => `preview of ${layer}`));
      const priced = await priceStack({ ...circumstances, stack, settings, previewer, signal, onRunning });
      const seconds = (performance.now() - begun) / 1000;
      const report = reportOf(priced, circumstances, previewer);
      progress.stop();
      if (json) {
        const done = { command: 'cost', stack, at: new Date().toISOString(), seconds, ...report };
        stdout.write(`${JSON.stringify(done, null, 2)}\n`);
      } else stdout.write(`${printed(report, stack, stdout)}\n${seconds.toFixed(1)} s\n`);
      return report.ok ? 0 : 1;
    } finally {
      await previewer.close();
    }
  } finally {
    progress.stop();
  }
}
