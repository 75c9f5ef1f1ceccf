import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Rehearsal } from '@envoy-poc/doubles';
import { Command, CommanderError } from 'commander';
import { leaveColoursToTerminals } from '#runtime/colours';
import { type Observed, observe } from './observe.ts';
import { writablePicture } from './picture.ts';
import { timelinesSvg } from './timeline-svg.ts';
import { timelineText } from './timeline-text.ts';

interface Options {
  keep: boolean;
  json: boolean;
  verbose: boolean;
  timeline?: string;
}

const program = new Command('envoy-poc rehearse')
  .description(
    'Deploys all five layers with nx run-many -t deploy, then destroys them: the real Pulumi engine with a temporary ' +
      'backend, against doubles of AWS, EKS, Kubernetes and ECR. Requires pulumi on PATH, but no credentials and no ' +
      'internet access.',
  )
  .option('--timeline <file.svg>', 'write a timeline of the run', writablePicture)
  .option('--json', 'print a summary as JSON', false)
  .option('--verbose', 'show the output of all commands', false)
  .option('--keep', 'keep the clone, the backend and the fake account, and print where they are', false)
  .allowExcessArguments(false)
  .exitOverride()
  .addHelpText(
    'after',
    '\nExamples:\n' +
      '  npx envoy-poc rehearse\n' +
      '  npx envoy-poc rehearse --timeline time.svg  also draw where the time goes\n' +
      '\nExit: 0 done, 1 failed, 2 bad usage, 130 interrupted.',
  );

/** Runs `envoy-poc rehearse` in this process. */
export async function main(argv: readonly string[]): Promise<void> {
  leaveColoursToTerminals(process.env);
  try {
    program.parse(argv, { from: 'user' });
    process.exitCode = await rehearse(program.opts<Options>());
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
}

async function rehearse({ keep, json, verbose, timeline: picture }: Options): Promise<number> {
  const missing = missingPulumi();
  if (missing !== undefined) {
    console.error(missing);
    return 1;
  }
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const rehearsal = await Rehearsal.start({
    ...(verbose && { onOutput: (text: string) => void process.stderr.write(text) }),
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      say('interrupted; everything is stopped and removed');
      // Leaving ends what runs and removes what was written.
      process.exit(130);
    });
  }
  try {
    const runs: Observed[] = [];
    for (const verb of ['deploy', 'destroy'] as const) {
      say(`npx nx run-many -t ${verb}`);
      const run = await observe(rehearsal, verb, (layer, ok, seconds) =>
        say(`  ${ok ? '✓' : '✗'} ${layer} ${seconds.toFixed(1)} s`),
      );
      runs.push(run);
      if (run.code === 0) continue;
      if (!verbose) say(run.output);
      say(run.ending);
      break;
    }
    const left = rehearsal.account().map(({ id, type }) => `${id} (${type})`);
    const ok = runs.length === 2 && runs.every(({ code }) => code === 0) && left.length === 0;
    const timelines = runs.map(({ timeline }) => timeline);
    if (picture !== undefined) writeFileSync(picture, timelinesSvg(timelines));
    if (json) console.log(JSON.stringify({ ok, left, timelines }, undefined, 2));
    else console.log(timelines.map((each) => `\n${timelineText(each)}`).join('\n'));
    if (left.length > 0) say(`\nleft in the account: ${left.join(', ')}`);
    if (keep) say(`\nkept in ${rehearsal.folder}`);
    return ok ? 0 : 1;
  } finally {
    await rehearsal.close({ keep });
  }
}

/** What there is to say when there is no engine: `pulumi` on PATH. */
function missingPulumi(): string | undefined {
  if (spawnSync('pulumi', ['version']).status === 0) return undefined;
  return 'no pulumi on PATH; install it: https://www.pulumi.com/docs/install/';
}
