import { randomUUID } from 'node:crypto';
import { BatchGetImageCommand, CreateRepositoryCommand } from '@aws-sdk/client-ecr';
import { beforeAll, describe, expect, test } from 'vitest';
import { ecrClient } from './ecr/client.ts';
import { pushImage } from './ecr/push.ts';
import { type EcrTarget, inRepository, parseRepository } from './ecr/repository.ts';
import { registryToken } from './ecr/token.ts';
import { exampleImage } from './testing/fixtures.ts';
import { have } from './testing/needs.ts';

const endpoint = process.env.ECR_ENDPOINT;
const signal = new AbortController().signal;

/** A second opinion on the double: moto (https://docs.getmoto.org), or any other endpoint of the ECR API. */
describe.runIf(
  have('ecr', endpoint !== undefined, 'Set ECR_ENDPOINT to the URL of an ECR endpoint such as moto.'),
)('the endpoint at ECR_ENDPOINT', () => {
  let target: EcrTarget;
  beforeAll(async () => {
    process.env.AWS_ACCESS_KEY_ID ??= 'test';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
    const name = `push-images-${randomUUID()}`;
    const client = ecrClient('us-east-1', { endpoint });
    const { repository } = await client.send(new CreateRepositoryCommand({ repositoryName: name }));
    target = { client, repository: parseRepository(repository?.repositoryUri ?? '') };
  });

  test('takes an image of two platforms with its SBOM, gives it back the same, and again nothing is sent', async () => {
    const image = await exampleImage();
    const first = await pushImage(target, image, 'v1', signal);
    expect(first.present).toHaveLength(0);
    const second = await pushImage(target, image, 'v1', signal);
    expect(second.missing).toHaveLength(0);
    const tagged = { ...inRepository(target), imageIds: [{ imageTag: 'v1' }] };
    const { images } = await target.client.send(new BatchGetImageCommand(tagged));
    expect(images?.map(({ imageId }) => imageId?.imageDigest)).toEqual([image.root.descriptor.digest]);
  });

  test('moves a tag after a changed line', async () => {
    const image = await exampleImage('console.log("changed")\n');
    const plan = await pushImage(target, image, 'v1', signal);
    expect(plan.present.length).toBeGreaterThan(0);
  });

  test('gives a token to log in with', async () => {
    expect(await registryToken(target.client)).toMatchObject({ username: 'AWS' });
  });
});
