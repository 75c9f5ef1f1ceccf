import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { have, haveCommand } from '@envoy-poc/testing';

/** Whether there is a real cluster to deploy to, and what it takes to do it. */
export function haveCluster(): boolean {
  const commands = [
    haveCommand('pulumi', 'Install it: https://www.pulumi.com/docs/install/'),
    haveCommand('kubectl', 'Install it: https://kubernetes.io/docs/tasks/tools/'),
  ];
  return (
    commands.every(Boolean) &&
    have('cluster', clusterAnswers(), 'Set KUBECONFIG to that of a cluster for tests.')
  );
}

function clusterAnswers(): boolean {
  // Never the cluster that kubectl happens to point at.
  if (!process.env.KUBECONFIG) return false;
  return spawnSync('kubectl', ['get', '--raw', '/readyz'], { timeout: 30_000 }).status === 0;
}

/** Runs kubectl and gives its output; `input`, an object, goes to its standard input. */
export async function kubectl(args: readonly string[], input?: object): Promise<string> {
  const running = promisify(execFile)('kubectl', args, { timeout: 300_000, maxBuffer: 1e8 });
  running.child.stdin?.end(input && JSON.stringify(input));
  return (await running).stdout;
}
