import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { type AwsPlace, askAws, awsOptions, parseBackend } from '#runtime';

/** A folder of a backend: the names in it, and how one is read. */
interface Folder {
  names(): Promise<string[]>;
  read(name: string): Promise<Uint8Array>;
}

/** How many of the newest states are looked into: a destroy leaves some without a resource, and it may have been tried again. */
const NEWEST = 20;

/** The account in an ARN; what AWS owns itself has none. */
const arnAccount = /"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(?<account>\d{12}):/;

/**
 * The account that a stack last had something in, by the states that the backend keeps of its network layer. A backend
 * of one's own, in S3 or files, keeps them as `.pulumi/history/<project>/<stack>/<stack>-<nanoseconds>.checkpoint.json`.
 *
 * @returns undefined where none is kept, or the backend is of another kind
 * @throws {CheckError} when the backend cannot be asked
 */
export async function lastAccount(
  backendUrl: string,
  stack: string,
  place: AwsPlace,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string | undefined> {
  const folder = folderOf(backendUrl, `.pulumi/history/network/${stack}`, place, env, signal);
  const names = (await folder?.names()) ?? [];
  const states = names.filter((name) => /-\d+\.checkpoint\.json(\.gz)?$/.test(name)).sort();
  for (const name of states.slice(-NEWEST).reverse()) {
    const bytes = (await folder?.read(name)) ?? new Uint8Array();
    const text = Buffer.from(name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    const account = arnAccount.exec(text)?.groups?.account;
    if (account !== undefined) return account;
  }
  return undefined;
}

function folderOf(
  url: string,
  path: string,
  place: AwsPlace,
  env: NodeJS.ProcessEnv,
  abortSignal: AbortSignal,
): Folder | undefined {
  if (url.startsWith('file:///')) {
    const folder = join(fileURLToPath(url), path);
    return {
      names: () => readdir(folder).catch(() => []),
      read: (name) => readFile(join(folder, name)),
    };
  }
  const bucket = parseBackend(url, place);
  if (!bucket) return undefined;
  const client = new S3Client({
    ...awsOptions(bucket.place),
    followRegionRedirects: true,
    // Only an endpoint of one's own cannot be reached by the bucket's name as a host.
    forcePathStyle: env.AWS_ENDPOINT_URL !== undefined,
  });
  const Bucket = bucket.bucket;
  const Prefix = `${bucket.prefix === '' ? '' : `${bucket.prefix}/`}${path}/`;
  return {
    names: () =>
      askAws(bucket.place, 's3:ListBucket', async () => {
        const found: string[] = [];
        for await (const { Contents = [] } of paginateListObjectsV2(
          { client },
          { Bucket, Prefix },
          { abortSignal },
        )) {
          found.push(...Contents.map(({ Key = '' }) => Key.slice(Prefix.length)));
        }
        return found;
      }),
    read: (name) =>
      askAws(bucket.place, 's3:GetObject', async () => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: Prefix + name }), {
          abortSignal,
        });
        return (await Body?.transformToByteArray()) ?? new Uint8Array();
      }),
  };
}
