import { Command } from 'commander';
import { surviveStdout } from './runtime/stdout.ts';
import { verbs } from './verbs.ts';

surviveStdout(process);

const program = new Command('envoy-poc')
  .usage('<verb> [options]')
  .description(
    'A WebSocket platform on EKS, in five Pulumi layers: network, cluster, registry, platform, workloads.',
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .helpCommand(false)
  .showHelpAfterError('See envoy-poc --help.')
  .addHelpText(
    'after',
    `
Get started:
  npm start                         run the data plane on this machine, without AWS
  npx envoy-poc doctor              check what a first deploy needs
  npx envoy-poc deploy --all        deploy all five layers, in order

Run envoy-poc <verb> --help for options and examples.
By default the stack is $STACK, or dev; --stack names another.
Exit: 0 success, 1 failure, 2 bad usage, 130 interrupted.`,
  );

for (const { name, group, summary, load } of verbs) {
  program
    .command(name)
    .helpGroup(`${group}:`)
    .description(summary)
    .usage('…')
    // Each verb parses its own options, including --help; its code is loaded only when it is called.
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async () => (await load()).main(process.argv.slice(3)));
}

if (process.argv.length < 3) program.outputHelp();
else await program.parseAsync([process.argv[2] ?? ''], { from: 'user' });
