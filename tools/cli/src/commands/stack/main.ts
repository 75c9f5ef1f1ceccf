import { Command, CommanderError } from 'commander';
import { allWords, runAll } from './all.ts';
import { readCommandLine } from './command-line.ts';
import { StackError } from './errors.ts';
import { layerIn } from './layer.ts';
import { run } from './run.ts';
import { examples, meanings, verbs } from './verbs.ts';

/** Runs a verb on the stack of one layer, or by Nx on those of all; its first word is the verb. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('envoy-poc').exitOverride();
  for (const verb of verbs) {
    program
      .command(verb)
      .description(meanings[verb])
      .usage('[layer | --all] [options]')
      // Only told of here: they are read together with those of Pulumi, whatever their form.
      .addHelpText('after', optionsAndExamples(examples[verb]))
      .allowUnknownOption()
      .allowExcessArguments()
      .action(async () => {
        const { env } = process;
        const words = argv.slice(1);
        const all = allWords(words);
        if (all !== undefined) {
          process.exitCode = await runAll(verb, all, env);
          return;
        }
        const { folder, rest } = layerIn(words, process.cwd());
        await run({ verb, ...readCommandLine(verb, rest, { folder, env }), folder, env });
      });
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else {
      console.error(error instanceof StackError ? `\n${error.message}` : error);
      process.exitCode = error instanceof StackError && error.code === 'USAGE' ? 2 : 1;
    }
  }
}

function optionsAndExamples(lines: readonly string[]): string {
  return `
  -s, --stack <name>  the stack (default: $STACK, or dev)
  --all               all five layers, in order
  and the options of pulumi

Examples:
${lines.map((line) => `  npx envoy-poc ${line}`).join('\n')}

Exit: 0 success, 1 failure, 2 bad usage.`;
}
