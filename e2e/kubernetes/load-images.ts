import { execFileSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { appNames, apps, variableOf } from '@envoy-poc/layers';
import { haveCluster } from '@envoy-poc/layers/real-cluster';

const root = join(import.meta.dirname, '../..');

/** The account that moto has: the nodes know the images by the names of its repositories as well. */
const registry = '123456789012.dkr.ecr.us-east-1.amazonaws.com';

/** Builds the images of all apps, loads them and an Envoy into the nodes, and leaves their names in the environment of the tests. */
export default function setup(): void {
  if (!haveCluster()) return;
  for (const app of appNames) {
    process.env[variableOf(app, 'REPOSITORY')] ??= `${registry}/verify-${apps[app].repository}`;
  }
  const references = execFileSync(process.execPath, [join(root, 'projects/workloads/kube/load-images.ts')], {
    env: {
      ...process.env,
      PATH: [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter),
    },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for (const line of references.trim().split('\n')) {
    const [name = '', reference] = line.split('=');
    process.env[name] = reference;
  }
}
