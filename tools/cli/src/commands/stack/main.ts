import { Command, CommanderError } from 'commander';
import { allWords, runAll } from './all.ts';
import { readCommandLine } from './command-line.ts';
import { StackError } from './errors.ts';
import { layerIn } from './layer.ts';
import { run } from './run.ts';
import { examples, meanings, type Verb } from './verbs.ts';

/** What runs a verb on the stack of one layer, or by Nx on those of all. */
export function mainOf(verb: Verb): (argv: readonly string[]) => Promise<void> {
  return async (argv) => {
    const program = new Command(`envoy-poc ${verb}`)
      .description(meanings[verb])
      .usage('[layer | --all] [options]')
      // Only told of here: they are read together with those of Pulumi, whatever their form.
      .addHelpText('after', optionsAndExamples(examples[verb]))
      .allowUnknownOption()
      .allowExcessArguments()
      .exitOverride();
    try {
      program.parse([...argv], { from: 'user' });
      const { env } = process;
      const all = allWords(argv);
      if (all !== undefined) {
        process.exitCode = await runAll(verb, all, env);
        return;
      }
      const { folder, rest } = layerIn(argv, process.cwd());
      await run({ verb, ...readCommandLine(verb, rest, { folder, env }), folder, env });
    } catch (error) {
      if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
      else {
        console.error(error instanceof StackError ? `\n${error.message}` : error);
        process.exitCode = error instanceof StackError && error.code === 'USAGE' ? 2 : 1;
      }
    }
  };
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
