import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetBucketEncryptionCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  askAws,
  awsOptions,
  type Check,
  CheckError,
  fail,
  parseBackend,
  pass,
  type StateBucket,
  skip,
} from '@envoy-poc/checks';
import type { DoctorContext } from '../context.ts';
import { stackPlace } from './account.ts';

async function bucketOf(context: DoctorContext): Promise<(StateBucket & { client: S3Client }) | string> {
  const url = (await context.settings()).get('network')?.backendUrl;
  const backend = url === undefined ? undefined : parseBackend(url, await stackPlace(context));
  if (!backend) return url ?? 'the backend that pulumi is logged in to';
  const client = new S3Client({
    ...awsOptions(backend.place),
    followRegionRedirects: true,
    // Only an endpoint of one's own cannot be reached by the bucket's name as a host.
    forcePathStyle: context.env.AWS_ENDPOINT_URL !== undefined,
  });
  return { ...backend, client };
}

/** Looks at the bucket, or says that there is none to look at. */
const check = (
  id: string,
  title: string,
  needs: readonly string[],
  run: (
    bucket: StateBucket & { client: S3Client },
    abortSignal: AbortSignal,
  ) => ReturnType<Check<DoctorContext>['run']>,
): Check<DoctorContext> => ({
  id,
  title,
  needs,
  async run(context, signal) {
    const bucket = await bucketOf(context);
    if (typeof bucket === 'string') return skip(`because the state is not in S3 but in ${bucket}`);
    return run(bucket, signal);
  },
});

const reachable = check(
  'state-bucket',
  'state bucket',
  ['identity'],
  async ({ bucket, place, client }, abortSignal) => {
    try {
      await askAws(place, 's3:ListBucket', () =>
        client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal }),
      );
    } catch (error) {
      if (!(error instanceof CheckError) || !/NotFound|NoSuchBucket/.test(error.message)) throw error;
      return fail(
        `there is no bucket ${bucket}`,
        `aws s3 mb s3://${bucket} --region ${place.region}, or set PULUMI_BACKEND_URL, or backend.url in projects/*/Pulumi.yaml`,
      );
    }
    return pass(`${bucket} can be reached`);
  },
);

const versioned = check(
  'state-versions',
  'state is versioned',
  ['state-bucket'],
  async ({ bucket, place, client }, abortSignal) => {
    const { Status } = await askAws(place, 's3:GetBucketVersioning', () =>
      client.send(new GetBucketVersioningCommand({ Bucket: bucket }), { abortSignal }),
    );
    return Status === 'Enabled'
      ? pass('a lost state can be had back')
      : fail(
          `versioning of ${bucket} is ${Status ?? 'off'}: a broken state could not be had back`,
          `aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled`,
        );
  },
);

const encrypted = check(
  'state-encryption',
  'state is encrypted',
  ['state-bucket'],
  async ({ bucket, place, client }, abortSignal) => {
    const off = fail(
      `${bucket} has no default encryption`,
      `aws s3api put-bucket-encryption --bucket ${bucket} --server-side-encryption-configuration ` +
        `'{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'`,
    );
    try {
      const { ServerSideEncryptionConfiguration: found } = await askAws(
        place,
        's3:GetEncryptionConfiguration',
        () => client.send(new GetBucketEncryptionCommand({ Bucket: bucket }), { abortSignal }),
      );
      const algorithm = found?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm;
      return algorithm ? pass(`by ${algorithm}`) : off;
    } catch (error) {
      if (error instanceof CheckError && error.message.includes('ServerSideEncryptionConfigurationNotFound'))
        return off;
      throw error;
    }
  },
);

const usable = check(
  'state-prefix',
  'state can be read and written',
  ['state-bucket'],
  async (state, abortSignal) => {
    const { bucket, prefix, place, client } = state;
    const folder = prefix === '' ? '' : `${prefix}/`;
    const { KeyCount } = await askAws(place, `s3:ListBucket on ${bucket}/${folder}*`, () =>
      client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: folder, MaxKeys: 1 }), { abortSignal }),
    );
    // An upload that is begun and given up asks for the right to write, and leaves no object and no version behind.
    const where = { Bucket: bucket, Key: `${folder}.doctor` };
    const { UploadId } = await askAws(place, `s3:PutObject on ${bucket}/${folder}*`, () =>
      client.send(new CreateMultipartUploadCommand(where), { abortSignal }),
    );
    await askAws(place, `s3:AbortMultipartUpload on ${bucket}/${folder}*`, () =>
      client.send(new AbortMultipartUploadCommand({ ...where, UploadId }), { abortSignal }),
    );
    return pass(`${bucket}/${folder}, ${KeyCount === 0 ? 'empty yet' : 'with state in it'}`);
  },
);

/** Where Pulumi keeps the state. */
export const stateChecks: readonly Check<DoctorContext>[] = [reachable, versioned, encrypted, usable];
