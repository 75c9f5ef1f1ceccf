import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketEncryptionCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { have } from '@envoy-poc/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { runChecks } from '#runtime';
import { offlineChecks, onlineChecks } from './cli.ts';
import { contextOf } from './testing/workspace.ts';

const endpoint = process.env.ECR_ENDPOINT;

/** A second opinion on what the SDK sends and what AWS answers: moto (https://docs.getmoto.org), whose ECR and other services share an endpoint. */
describe.runIf(have('ecr', Boolean(endpoint), 'Set ECR_ENDPOINT to the URL of a moto server.'))(
  'against the endpoint at ECR_ENDPOINT',
  () => {
    afterEach(() => vi.unstubAllEnvs());

    test('a bucket that is bare, and then as it should be', { timeout: 60_000 }, async () => {
      vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
      const bucket = `doctor-${randomUUID()}`;
      const env = {
        AWS_ENDPOINT_URL: endpoint,
        PULUMI_BACKEND_URL: `s3://${bucket}/envoy-poc?awssdk=v2&profile=set-cfndev-ina-a&region=us-east-1`,
      };
      const context = await contextOf({ env });
      vi.stubEnv('AWS_CONFIG_FILE', context.env.AWS_CONFIG_FILE);
      vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', context.env.AWS_SHARED_CREDENTIALS_FILE);
      const results = async () => {
        const { signal } = new AbortController();
        const all = await runChecks([...offlineChecks, ...onlineChecks], context, { signal });
        return (id: string) => {
          const found = all.find((result) => result.id === id);
          return `${found?.status} ${found?.seen}`;
        };
      };

      const before = await results();
      expect(before('identity')).toMatch(/^pass arn:aws:(iam|sts)::123456789012/);
      expect(before('state-bucket')).toBe(`fail there is no bucket ${bucket}`);

      const client = new S3Client({
        region: 'us-east-1',
        forcePathStyle: true,
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      });
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      const bare = await results();
      expect(bare('state-versions')).toMatch(/^fail versioning of .* is off/);
      expect(bare('state-prefix')).toMatch(/^pass .*empty yet/);

      await client.send(
        new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }),
      );
      const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' as const } };
      await client.send(
        new PutBucketEncryptionCommand({
          Bucket: bucket,
          ServerSideEncryptionConfiguration: { Rules: [rule] },
        }),
      );
      const after = await results();
      expect(after('state-versions')).toBe('pass a lost state can be had back');
      expect(after('state-encryption')).toBe('pass by AES256');
      expect(after('vpc-overlap')).toMatch(/^(pass|warn) 172\.245\.0\.0\/16 overlaps/);
      expect(after('quota-vpcs')).toMatch(/^(pass|fail) \d+ of \d+ are used/);

      expect((await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? []).toEqual(
        [],
      );
      expect((await client.send(new ListObjectVersionsCommand({ Bucket: bucket }))).Versions ?? []).toEqual(
        [],
      );
    });
  },
);
