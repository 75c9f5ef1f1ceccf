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
Begin with:
  npm start                         the data plane on this machine, without AWS
  npx envoy-poc doctor              what is missing for a first deploy
  npx envoy-poc deploy --all        all five layers, in their order

envoy-poc <verb> --help has the options of a verb, and examples.
The stack is named by --stack, or by STACK, or else is dev.
Exit: 0 all is well, 1 something is not, 2 bad usage, 130 interrupted.`,
  );

for (const { name, group, summary, load } of verbs) {
  program
    .command(name)
    .helpGroup(`${group}:`)
    .description(summary)
    .usage('…')
    // Each verb reads its own words, --help among them; its code is loaded when it is called.
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async () => (await load()).main(process.argv.slice(3)));
}

if (process.argv.length < 3) program.outputHelp();
else await program.parseAsync([process.argv[2] ?? ''], { from: 'user' });
