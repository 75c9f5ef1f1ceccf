import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { have, haveCommand } from '@envoy-poc/testing';
import { describe, expect, test } from 'vitest';
import { kinds } from './kinds/index.ts';
import { leaveOneOfEach } from './testing/leave.ts';
import { workspaceOf } from './testing/workspace.ts';

const endpoint = process.env.ECR_ENDPOINT ?? '';
const haveEndpoint = have('ecr', endpoint !== '', 'Set ECR_ENDPOINT to the URL of a moto server.');
const haveAws = haveCommand('aws', 'Install the AWS CLI, for example: pip install awscli');

/** A bucket with the state of a network layer that had a VPC in moto's account. */
async function stateBucket(stack: string): Promise<string> {
  const Bucket = `cleanup-${randomUUID()}`;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const s3 = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket }));
  const Body = JSON.stringify({ outputs: { arn: 'arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1' } });
  const Key = `envoy-poc/.pulumi/history/network/${stack}/${stack}-1.checkpoint.json`;
  await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  return Bucket;
}

/** A second opinion on what is asked and what AWS answers, and the only one on the commands: moto (https://docs.getmoto.org). */
describe.runIf(haveEndpoint && haveAws)('against the endpoint at ECR_ENDPOINT', () => {
  test('one left of each kind is named, and the commands that are printed remove them', {
    timeout: 900_000,
  }, async () => {
    const region = 'us-east-1';
    const [ours, theirs] = [randomUUID(), randomUUID()];
    const dev = { stack: `dev-${ours}`, clusterName: `dev-${ours}`, suffix: ours };
    const staging = { stack: `staging-${theirs}`, clusterName: `staging-${theirs}`, suffix: theirs };
    const path = process.env.PATH ?? '';
    const workspace = await workspaceOf({
      stacks: {
        [dev.stack]: { 'cluster:name': dev.clusterName },
        [staging.stack]: { 'cluster:name': staging.clusterName },
      },
      env: {
        AWS_ENDPOINT_URL: endpoint,
        PULUMI_BACKEND_URL: `s3://${await stateBucket(dev.stack)}/envoy-poc?profile=set-cfndev-ina-a`,
      },
    });

    const before = await workspace.report('--stack', dev.stack);
    expect(before.seen.account).toMatch(/^pass 123456789012, by its state's history/);
    expect(before.ok, JSON.stringify(before, null, 2)).toBe(true);

    const left = await leaveOneOfEach({ endpoint, region }, dev);
    const kept = await leaveOneOfEach({ endpoint, region }, staging);
    const found = await workspace.report('--stack', dev.stack);
    expect(found.ok).toBe(false);
    expect(Object.keys(left).sort()).toEqual(kinds.map(({ id }) => id).sort());
    for (const { id } of kinds) {
      const seen = found.seen[id]?.split(/\s/);
      expect(seen?.[0], id).toBe('fail');
      expect(seen, id).toContain(left[id]);
      expect(JSON.stringify(found), id).not.toContain(kept[id]);
    }

    // The whole of what a person is shown to paste.
    const { stdout } = await workspace.run('--stack', dev.stack);
    const block = stdout.split('This removes it, in this order:\n\n')[1] ?? '';
    expect(block.trim().split('\n')).toEqual(kinds.flatMap(({ id }) => found.next[id]?.split('\n') ?? []));
    await promisify(execFile)('bash', ['-euc', block], { env: { ...workspace.env, PATH: path } });

    const after = await workspace.report('--stack', dev.stack);
    expect(after.ok, JSON.stringify(after, null, 2)).toBe(true);
    const others = await workspace.report('--stack', staging.stack);
    for (const { id } of kinds) expect(others.seen[id], id).toContain(kept[id]);
  });
});
