#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { readCommandLine } from './command-line.ts';
import { StackError } from './errors.ts';
import { run } from './run.ts';
import { meanings, verbs } from './verbs.ts';

const program = new Command('stack')
  .description('Works on the Pulumi stack of the layer in this folder. Nx runs it: npx nx run <layer>:deploy')
  .exitOverride()
  .addHelpText('after', '\nExit: 0 done, 1 failed, 2 bad usage.');

const place = { folder: process.cwd(), env: process.env };
for (const verb of verbs) {
  program
    .command(verb)
    .description(meanings[verb])
    .usage('[options]')
    // Only told of here: they are read together with those of Pulumi, whatever their form.
    .addHelpText(
      'after',
      '\nOptions of pulumi as well, such as:\n  -s, --stack <name>  the stack (default: $STACK, or dev)',
    )
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => run({ verb, ...readCommandLine(verb, process.argv.slice(3), place), ...place }));
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    console.error(error instanceof StackError ? `\n${error.message}` : error);
    process.exitCode = error instanceof StackError && error.code === 'USAGE' ? 2 : 1;
  }
}
