import { logInCommand } from '@envoy-poc/aws-facts/log-in';
import { type Changes, parseChanges } from './changes.ts';
import { checkNoDependents, resourceCounts } from './dependents.ts';
import { needlessDeploy } from './deploy-words.ts';
import { diagnose } from './diagnose.ts';
import { StackError } from './errors.ts';
import { previewUnderDependents } from './guard/guard.ts';
import { checkSecrets, readTarget, type Target, workspaceRoot } from './layer.ts';
import { selectStack } from './new-stack.ts';
import { errorOf } from './output-errors.ts';
import { checkNoPendingCreates } from './pending.ts';
import { type PulumiOptions, pulumi } from './pulumi.ts';
import { writeRecord } from './record.ts';
import { statePlaceLines } from './state-lines.ts';
import { pulumiWords, type Verb } from './verbs.ts';
import { pulumiWordsOf, type Words } from './words.ts';

export interface RunOptions {
  verb: Verb;
  stack: string;
  /** The layer's folder. */
  folder: string;
  /** What else was asked. */
  words: Words;
  env: NodeJS.ProcessEnv;
}

/** The profile of the state's account; the one that projects/<layer>/Pulumi.yaml names. */
const defaultProfile = 'set-cfndev-ina-a';

/**
 * Does one thing to one layer's stack and keeps a record of it.
 * @throws {StackError} with the reason and the way out.
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
  const must = async (words: readonly string[], options: Omit<PulumiOptions, 'cwd'>) => {
    const { code, signal, output } = await pulumi(words, { cwd: folder, ...options });
    if (code === 0) return output;
    if (signal) throw new StackError(endedBy(signal, words, target));
    if (code === undefined) {
      throw new StackError(
        'there is no pulumi on PATH: install the Pulumi CLI (https://www.pulumi.com/docs/install/)',
      );
    }
    changes = parseChanges(output);
    const profile = env.AWS_PROFILE ?? defaultProfile;
    const meaning = diagnose(output, verb, target, profile, await logInCommand(profile, env));
    throw new StackError(meaning ?? errorOf(output) ?? `pulumi ${words[0]} ended with ${code}`);
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
      verb === 'preview' || verb === 'deploy'
        ? await previewUnderDependents(target, root, words, must)
        : undefined;
    const ownPreview = previewed !== undefined && verb === 'deploy' ? ['--skip-preview'] : [];
    const output =
      previewed !== undefined && verb === 'preview'
        ? previewed
        : await must([...pulumiWords[verb], ...ownPreview, '--stack', stack, ...pulumiWordsOf(words)], {
            show: true,
          });
    changes = parseChanges(output);
    await record(true);
  } catch (error) {
    await record(false, error instanceof Error ? error.message : String(error));
    throw error;
  }
}

function endedBy(signal: string, words: readonly string[], { layer, stack }: Target): string {
  const ended = `pulumi ${words[0]} of ${layer}, stack ${stack}, was ended by ${signal}`;
  if (!['up', 'refresh', 'destroy'].includes(words[0] ?? '')) return ended;
  return `${ended}. The stack may be locked, and something half made: docs/deploying.md says how to go on after a deploy that was cut off`;
}
