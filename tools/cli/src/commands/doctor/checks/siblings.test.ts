import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { layers } from '@envoy-poc/layers';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { readAllStackSettings } from '#runtime';
import { offlineChecks } from '../cli.ts';
import type { DoctorContext } from '../context.ts';
import { contextOf, resultOf, type Situation } from '../testing/workspace.ts';

/** Copies the files of `dev` to another stack, with some settings replaced, and gives the context of that one. */
async function copied(
  replace: Record<string, unknown> = {},
  situation: Situation = {},
): Promise<DoctorContext> {
  const context = await contextOf(situation);
  for (const layer of layers) {
    const file = (stack: string) => join(context.root, 'projects', layer, `Pulumi.${stack}.yaml`);
    const { config } = parse(await readFile(file('dev'), 'utf8')) as { config: object };
    const own = Object.entries(replace).filter(
      ([key]) => key.startsWith(`${layer}:`) || key.startsWith('aws:'),
    );
    await writeFile(file('staging'), stringify({ config: { ...config, ...Object.fromEntries(own) } }));
  }
  return contextFor(context, 'staging');
}

function contextFor(context: DoctorContext, stack: string): DoctorContext {
  return { ...context, stack, settings: () => readAllStackSettings(context.root, stack, context.env) };
}

const judged = (context: DoctorContext) => resultOf(offlineChecks, 'sibling-stacks', context);

test('a copy of dev is told everything that must differ, with commands that do it', async () => {
  expect(await judged(await copied())).toMatchObject({
    status: 'fail',
    seen:
      'cluster:name is envoy-poc in stack dev too: the cluster, its log group and the alias of its key are called by it\n' +
      'registry:repositoryPrefix is cfndev-envoy-proxy-poc in stack dev too: the repositories are called by it',
    next:
      '(cd projects/cluster && pulumi config set cluster:name envoy-poc-staging --stack staging)\n' +
      '(cd projects/registry && pulumi config set registry:repositoryPrefix cfndev-envoy-proxy-poc-staging --stack staging)',
  });
});

const differing = { 'cluster:name': 'envoy-poc-staging', 'registry:repositoryPrefix': 'staging' };

test('a stack that differs, one in another region, and one in another account are well', async () => {
  expect(await judged(await copied(differing))).toMatchObject({
    status: 'pass',
    seen: expect.stringMatching(/^from dev/),
  });
  expect(await judged(await copied({ 'aws:region': 'eu-west-1' }))).toMatchObject({ status: 'pass' });
  const awsConfig =
    '[profile set-cfndev-ina-a]\nsso_account_id = 111111111111\n[profile other]\nsso_account_id = 222222222222\n';
  expect(await judged(await copied({ 'aws:profile': 'other' }, { awsConfig }))).toMatchObject({
    status: 'pass',
  });
});

test('two profiles of one account collide; two of which nobody knows are warned of', async () => {
  const awsConfig =
    '[profile set-cfndev-ina-a]\nsso_account_id = 111111111111\n' +
    '[profile other]\nrole_arn = arn:aws:iam::111111111111:role/deploy\n';
  const other = { 'aws:profile': 'other' };
  expect(await judged(await copied(other, { awsConfig }))).toMatchObject({ status: 'fail' });
  expect(await judged(await copied(other))).toMatchObject({
    status: 'warn',
    seen: expect.stringContaining('which may be in the same account'),
  });
});

test('what was there first is not told to change, only that a copy must', async () => {
  const { status, next } = await judged(contextFor(await copied(), 'dev'));
  expect(status).toBe('warn');
  expect(next).toContain('cluster:name envoy-poc-staging --stack staging');
});

test("two stacks in one cluster that is not the layers' own need a namespace each", async () => {
  const alone = { 'workloads:kubeconfig': '/home/me/.kube/config', 'workloads:context': 'kind-poc' };
  const context = await copied({ ...differing, ...alone }, { config: alone });
  expect(await judged(context)).toMatchObject({
    status: 'fail',
    seen: 'workloads:namespace is envoy-poc in stack dev too: both run in the same cluster',
    next: expect.stringContaining('workloads:namespace envoy-poc-staging --stack staging'),
  });
  const elsewhere = { ...differing, ...alone, 'workloads:context': 'kind-other' };
  expect(await judged(await copied(elsewhere, { config: alone }))).toMatchObject({ status: 'pass' });
});

test('a stack alone is well', async () => {
  expect(await judged(await contextOf())).toMatchObject({ status: 'pass' });
});
