#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { StackError } from './errors.ts';
import { run } from './run.ts';
import { stackOf } from './stack-name.ts';
import { meanings, verbs } from './verbs.ts';

const program = new Command('stack')
  .description('Works on the Pulumi stack of the layer in this folder. Nx runs it: npx nx run <layer>:deploy')
  .exitOverride()
  .addHelpText('after', '\nExit: 0 done, 1 failed, 2 bad usage.');

for (const verb of verbs) {
  program
    .command(verb)
    .description(meanings[verb])
    .option('--stack <name>', 'the stack (default: $STACK, or dev)')
    .allowUnknownOption()
    .argument('[more...]', 'more words for pulumi')
    .action((more: string[], { stack }: { stack?: string }) =>
      run({
        verb,
        stack: stackOf(stack, process.env),
        folder: process.cwd(),
        more,
        env: process.env,
      }),
    );
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    console.error(error instanceof StackError ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
