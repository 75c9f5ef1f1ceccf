import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetBucketEncryptionCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { elsewhere } from '@envoy-poc/layers';
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
  warn,
} from '#runtime';
import type { DoctorContext } from '../context.ts';
import { type PulumiRegion, regionForPulumi } from '../state-region.ts';
import { stackPlace } from './account.ts';

const place: Check<DoctorContext> = {
  id: 'state-place',
  title: 'place of the state',
  needs: ['stack-files'],
  async run({ settings }) {
    for (const { state } of (await settings()).values()) {
      const warning = elsewhere(state);
      if (warning !== undefined)
        return warn(warning, 'unset PULUMI_BACKEND_URL, unless that is what you want');
    }
    return pass((await settings()).get('network')?.state.url ?? 'the backend that pulumi is logged in to');
  },
};

type OpenBucket = StateBucket & { readonly url: string; readonly client: S3Client };

async function bucketOf(context: DoctorContext): Promise<OpenBucket | string> {
  const url = (await context.settings()).get('network')?.state.url;
  if (url === undefined) return 'the backend that pulumi is logged in to';
  const backend = parseBackend(url, await stackPlace(context));
  if (!backend) return url;
  const client = new S3Client({
    ...awsOptions(backend.place),
    followRegionRedirects: true,
    // Only an endpoint of one's own cannot be reached by the bucket's name as a host.
    forcePathStyle: context.env.AWS_ENDPOINT_URL !== undefined,
  });
  return { ...backend, url, client };
}

/** Looks at the bucket, or says that there is none to look at. */
const check = (
  id: string,
  title: string,
  needs: readonly string[],
  run: (
    bucket: OpenBucket,
    abortSignal: AbortSignal,
    context: DoctorContext,
  ) => ReturnType<Check<DoctorContext>['run']>,
): Check<DoctorContext> => ({
  id,
  title,
  needs,
  async run(context, signal) {
    const bucket = await bucketOf(context);
    if (typeof bucket === 'string') return skip(`because the state is not in S3 but in ${bucket}`);
    return run(bucket, signal, context);
  },
});

const reachable = check(
  'state-bucket',
  'state bucket',
  ['identity'],
  async ({ bucket, url, place, client }, abortSignal, context) => {
    let stands: string | undefined;
    try {
      const { BucketRegion } = await askAws(place, 's3:ListBucket', () =>
        client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal }),
      );
      stands = BucketRegion;
    } catch (error) {
      if (!(error instanceof CheckError)) throw error;
      if (/NotFound|NoSuchBucket/.test(error.message)) {
        return fail(
          `there is no bucket ${bucket}`,
          `aws s3 mb s3://${bucket} --region ${place.region}, or set PULUMI_BACKEND_URL, or backend.url in projects/*/Pulumi.yaml`,
        );
      }
      // An answer to a question by HEAD has no words: the number is all there is.
      if (!error.message.startsWith('s3:ListBucket is not allowed')) throw error;
      return fail(
        `${error.message} (403): ${bucket} is there, and it belongs to another account or its state is not for you`,
        error.next,
      );
    }
    return regionOutcome(bucket, stands, await regionForPulumi(url, place, context.env));
  },
);

/** Whether Pulumi, which follows no redirect, asks for the bucket where it stands. */
function regionOutcome(bucket: string, stands: string | undefined, { region, from, set }: PulumiRegion) {
  if (region === undefined) {
    return fail(
      `pulumi does not know in which region ${bucket} is (Missing Region): neither the backend's URL, AWS_REGION nor ${from} says so`,
      set(stands ?? '<region>'),
    );
  }
  if (stands !== undefined && stands !== region) {
    return fail(
      `${bucket} is in ${stands}, and pulumi asks for it in ${region} (from ${from}), which answers with a redirect (301) that it does not follow`,
      set(stands),
    );
  }
  return pass(`${bucket} can be reached, in ${region}`);
}

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
/** Whether it is the project's own place. */
export const statePlaceChecks: readonly Check<DoctorContext>[] = [place];

export const stateChecks: readonly Check<DoctorContext>[] = [reachable, versioned, encrypted, usable];
