import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import semver from 'semver';
import { z } from 'zod';
import { type Check, fail, pass, type ToolResult, warn } from '#runtime';
import type { DoctorContext } from '../context.ts';

/** The oldest Pulumi CLI that knows the error hooks of the platform layer. */
const oldestPulumi = '3.250.0';

/** `aws sso login` came with it (https://docs.aws.amazon.com/cli/latest/userguide/cliv2-migration-changes.html). */
const oldestAwsCli = '2.0.0';

/** Minor versions that kubectl may be away from the API server (https://kubernetes.io/releases/version-skew-policy/#kubectl). */
const kubectlSkew = 1;

const lockfile = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional() })),
});

/** The packages whose version a deploy depends on. */
const decisive = ['@pulumi/pulumi', '@pulumi/aws', '@pulumi/eks', '@pulumi/kubernetes', 'nx', 'node'];

async function lockedVersions(file: string): Promise<Map<string, string> | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { packages } = lockfile.parse(JSON.parse(text));
  return new Map(decisive.map((name) => [name, packages[`node_modules/${name}`]?.version ?? 'missing']));
}

/** The version in a program's output, if it ran and named one. */
function versionIn(result: ToolResult, pattern: RegExp): string | undefined {
  return pattern.exec(`${result?.stdout}${result?.stderr}`)?.[1];
}

const node: Check<DoctorContext> = {
  id: 'node',
  title: 'Node.js',
  async run({ root }) {
    const { engines } = z
      .object({ engines: z.object({ node: z.string() }) })
      .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
    const { version } = process;
    return semver.satisfies(version, engines.node)
      ? pass(`${version} runs this`)
      : fail(
          `${version} runs this; package.json wants ${engines.node}, which npm ci installs`,
          'npm ci && npx envoy-poc doctor',
        );
  },
};

const packages: Check<DoctorContext> = {
  id: 'packages',
  title: 'npm packages',
  async run({ root }) {
    const [wanted, installed] = await Promise.all([
      lockedVersions(join(root, 'package-lock.json')),
      lockedVersions(join(root, 'node_modules/.package-lock.json')),
    ]);
    if (!wanted || !installed) return fail('not installed', 'npm ci');
    const wrong = decisive.filter((name) => wanted.get(name) !== installed.get(name));
    return wrong.length === 0
      ? pass(`as the lockfile says: ${decisive.map((name) => `${name} ${wanted.get(name)}`).join(', ')}`)
      : fail(
          wrong
            .map((name) => `${name} is ${installed.get(name)}, the lockfile says ${wanted.get(name)}`)
            .join('\n'),
          'npm ci',
        );
  },
};

const pulumi: Check<DoctorContext> = {
  id: 'pulumi',
  title: 'Pulumi CLI',
  async run({ root, run }) {
    const result = await run('pulumi', ['version']);
    const install = 'install it: https://www.pulumi.com/docs/install/';
    if (!result) return fail('no pulumi on PATH', install);
    const version = versionIn(result, /v?(\d+\.\d+\.\d+\S*)/);
    if (!version)
      return fail(`pulumi version says nothing of use: ${result.stdout}${result.stderr}`, install);
    if (semver.lt(version, oldestPulumi)) {
      return fail(`${version}; ${oldestPulumi} or newer is needed`, `upgrade it: ${install.slice(12)}`);
    }
    const sdk = (await lockedVersions(join(root, 'package-lock.json')))?.get('@pulumi/pulumi') ?? version;
    return semver.lt(version, sdk)
      ? warn(`${version}, older than the @pulumi/pulumi ${sdk} of the lockfile`, 'upgrade it at leisure')
      : pass(`${version} (the lockfile has @pulumi/pulumi ${sdk})`);
  },
};

const awsCli: Check<DoctorContext> = {
  id: 'aws-cli',
  title: 'AWS CLI',
  async run({ run }) {
    const install =
      'install version 2: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html';
    const result = await run('aws', ['--version']);
    if (!result) return fail('no aws on PATH; each deploy into the cluster asks it for a token', install);
    // The AWS CLI reads its configuration before it does anything, telling its version included.
    const unread = /unable to parse config file:? *(?<file>\S+)/i.exec(result.stdout + result.stderr)?.groups
      ?.file;
    if (unread) return fail(`the AWS CLI cannot read ${unread}: it is broken`, `mend or move ${unread}`);
    const version = versionIn(result, /aws-cli\/(\d+\.\d+\.\d+)/);
    if (!version) return fail(`aws --version says: ${result.stdout}${result.stderr}`, install);
    return semver.gte(version, oldestAwsCli)
      ? pass(version)
      : fail(`${version} has no aws sso login; version 2 is needed`, install);
  },
};

const kubectl: Check<DoctorContext> = {
  id: 'kubectl',
  title: 'kubectl',
  needs: ['stack-files'],
  async run({ run, settings }) {
    const install = 'install it: https://kubernetes.io/docs/tasks/tools/';
    const result = await run('kubectl', ['version', '--client', '--output', 'json']);
    if (!result) return warn('no kubectl on PATH; a deploy works without, looking around does not', install);
    const version = versionIn(result, /"gitVersion":\s*"v(\d+\.\d+\.\d+)/);
    if (!version) return warn(`kubectl version says: ${result.stdout}${result.stderr}`, install);
    const cluster = (await settings()).get('cluster')?.get('version') ?? '';
    const skew = Math.abs(semver.minor(version) - Number(cluster.split('.')[1]));
    return skew <= kubectlSkew
      ? pass(`${version}, for a cluster of ${cluster}`)
      : warn(
          `${version} is ${skew} minor versions away from the cluster's ${cluster}; at most ${kubectlSkew} is supported`,
          `install kubectl ${cluster}: https://kubernetes.io/docs/tasks/tools/`,
        );
  },
};

/** What must be installed. Helm is not: the Kubernetes provider brings its own. */
export const toolChecks: readonly Check<DoctorContext>[] = [node, packages, pulumi, awsCli];

/** The same, of what must fit the stack. */
export const stackToolChecks: readonly Check<DoctorContext>[] = [kubectl];
