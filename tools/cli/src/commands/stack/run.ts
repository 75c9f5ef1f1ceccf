import { logInCommand } from '@envoy-poc/aws-facts/log-in';
import { readStackSettings } from '#runtime';
import { checkNoDependents, resourceCounts } from './dependents.ts';
import { needlessDeploy } from './deploy-words.ts';
import { diagnose } from './diagnose.ts';
import { type Changes, errorOf, readEngineRun, withEventLog } from './engine-events.ts';
import { StackError } from './errors.ts';
import { previewUnderDependents } from './guard/guard.ts';
import { checkSecrets, readTarget, type Target, workspaceRoot } from './layer.ts';
import { selectStack } from './new-stack.ts';
import { checkNoPendingCreates } from './pending.ts';
import { type MustPulumi, pulumi } from './pulumi.ts';
import { writeRecord } from './record.ts';
import { statePlaceLines } from './state-lines.ts';
import { pulumiWords, type Verb } from './verbs.ts';
import { type PulumiArguments, pulumiWordsOf } from './words.ts';

export interface RunOptions {
  verb: Verb;
  stack: string;
  /** The layer's folder. */
  folder: string;
  /** What else was asked. */
  words: PulumiArguments;
  env: NodeJS.ProcessEnv;
}

/**
 * Does one thing to one layer's stack and keeps a record of it.
 * @throws {StackError} with the reason and the next step.
 */
export async function run({ verb, stack, folder, words, env }: RunOptions): Promise<void> {
  const target = await readTarget(folder, stack);
  const root = await workspaceRoot(folder);
  const started = Date.now();
  let changes: Changes | undefined;
  const record = (ok: boolean, message?: string) =>
    writeRecord(root, {
      ...{ layer: target.layer, stack, verb, ok },
      ...(changes && { changes }),
      endedAt: Date.now(),
      seconds: (Date.now() - started) / 1000,
      ...(message !== undefined && { message }),
    });

  /** One run of Pulumi; a failure becomes a sentence. */
  const must: MustPulumi = async (words, { show, events = false }) => {
    const at = { cwd: folder, show };
    const { result, log } = events
      ? await withEventLog((option, env) => pulumi([...words, ...option], { ...at, env }))
      : { result: await pulumi(words, at), log: '' };
    const { code, signal, output } = result;
    const engine = readEngineRun(log);
    changes = engine.changes;
    if (code === 0) return { output, log };
    if (signal) throw new StackError(endedBy(signal, words, target));
    if (code === undefined) {
      throw new StackError(
        'there is no pulumi on PATH: install the Pulumi CLI (https://www.pulumi.com/docs/install/)',
      );
    }
    const settings = await readStackSettings(root, target.layer, stack, env);
    const profile = env.AWS_PROFILE ?? settings.get('aws:profile');
    const logIn = await logInCommand(profile, env);
    const meaning = diagnose(output, verb, target, { profile, logIn, error: errorOf(engine) });
    throw new StackError(
      meaning ?? errorOf(engine) ?? lastError(output) ?? `pulumi ${words[0]} ended with ${code}`,
    );
  };

  try {
    const needless = needlessDeploy(target, words);
    if (needless !== undefined) {
      console.log(`${target.layer}, stack ${stack}: ${needless}`);
      await record(true, needless);
      return;
    }
    // Not on stdout, which is Pulumi's.
    for (const line of statePlaceLines([target], env)) console.error(line);
    if (verb !== 'outputs') await checkSecrets(target, env);
    if (verb === 'preview' || verb === 'deploy') {
      await selectStack(target, (words) => must(words, { show: false }));
    } else if (verb === 'destroy') {
      await must(['version'], { show: false });
      await checkNoDependents(target, root);
      if (!(await resourceCounts(folder)).get(stack)) {
        console.log(`${target.layer}, stack ${stack}: there is nothing to destroy`);
        await record(true, 'there is nothing to destroy');
        return;
      }
    }
    if (verb === 'deploy' || verb === 'refresh') await checkNoPendingCreates(target, words);
    const previewed =
      (verb === 'preview' || verb === 'deploy') && (await previewUnderDependents(target, root, words, must));
    const ownPreview = previewed && verb === 'deploy' ? ['--skip-preview'] : [];
    if (!previewed || verb !== 'preview') {
      await must([...pulumiWords[verb], ...ownPreview, '--stack', stack, ...pulumiWordsOf(words)], {
        show: true,
        events: verb !== 'outputs',
      });
    }
    await record(true);
  } catch (error) {
    await record(false, error instanceof Error ? error.message : String(error));
    throw error;
  }
}

/** What Pulumi itself says, before or after its engine runs. */
function lastError(output: string): string | undefined {
  return output
    .match(/^\s*error: .*$/gm)
    ?.at(-1)
    ?.trim();
}

function endedBy(signal: string, words: readonly string[], { layer, stack }: Target): string {
  const ended = `pulumi ${words[0]} of ${layer}, stack ${stack}, was ended by ${signal}`;
  if (!['up', 'refresh', 'destroy'].includes(words[0] ?? '')) return ended;
  return `${ended}. The stack may be locked, and something half made: docs/deploying.md says how to go on after a deploy that was cut off`;
}
