import { kubeconfigCommand } from '@envoy-poc/layers';
import { type Check, CheckError, pass } from '#runtime';
import type { AccessContext } from '../context.ts';
import { changeKubeconfig, chooseKubeconfig, readKubeconfig } from '../kubeconfig/file.ts';
import { entryOf, hasCluster, mergeEntry } from '../kubeconfig/merge.ts';

const kubeconfig: Check<AccessContext> = {
  id: 'kubeconfig',
  title: 'the kubeconfig is written',
  needs: ['cluster'],
  async run(context) {
    const { env, run } = context;
    const [place, cluster] = [await context.place(), await context.cluster()];
    const file = chooseKubeconfig(context.kubeconfig, env, cluster.arn);
    const text = readKubeconfig(file);
    // The AWS CLI would say the same of a file that is no kubeconfig, in more words.
    if (text !== undefined) hasCluster(text, cluster.arn, file);

    const { name, region, profile } = place;
    const words = ['eks', 'update-kubeconfig', '--name', name, '--region', region, '--profile', profile];
    const named = context.kubeconfig === undefined ? [] : ['--kubeconfig', file];
    const result = await run('aws', [...words, ...named], { timeoutSeconds: 55 });
    const line = [kubeconfigCommand({ name, region, profile }), ...named].join(' ');
    if (result && result.code !== 0) {
      throw new CheckError(`${line} ended with ${result.code}: ${result.stderr.trim()}`, line);
    }
    if (result) return pass(`by ${line}: ${result.stdout.trim()}`);
    const entry = entryOf(cluster, place, context.tokenCommand);
    const changed = await changeKubeconfig(file, (before) => mergeEntry(before, entry, file));
    return pass(
      `${file} ${changed ? 'has' : 'had'} the context ${cluster.arn}; there is no AWS CLI, so npx envoy-poc access makes the tokens`,
    );
  },
};

/** The one check that changes something. */
export const kubeconfigChecks: readonly Check<AccessContext>[] = [kubeconfig];
