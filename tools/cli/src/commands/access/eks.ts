import {
  DescribeClusterCommand,
  EKSClient,
  type Cluster as EksCluster,
  paginateListAccessEntries,
} from '@aws-sdk/client-eks';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { deployCommand } from '@envoy-poc/layers';
import { askAws, awsOptions, CheckError } from '#runtime';
import type { Cluster, ClusterPlace } from './context.ts';
import { principalOf } from './principal.ts';

/** Who a profile is. @throws {CheckError} */
export async function callerArn(place: ClusterPlace, abortSignal: AbortSignal): Promise<string> {
  const client = new STSClient(awsOptions(place));
  const { Arn } = await askAws(place, 'sts:GetCallerIdentity', () =>
    client.send(new GetCallerIdentityCommand({}), { abortSignal }),
  );
  return Arn ?? '';
}

/** A cluster that is up. @throws {CheckError} when it is not, or may not be seen */
export async function describeCluster(
  place: ClusterPlace,
  stack: string,
  abortSignal: AbortSignal,
): Promise<Cluster> {
  const { name, region, profile } = place;
  const client = new EKSClient(awsOptions(place));
  const { cluster } = await askAws(place, 'eks:DescribeCluster', async () => {
    try {
      return await client.send(new DescribeClusterCommand({ name }), { abortSignal });
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error;
      throw new CheckError(
        `there is no cluster ${name} in ${region}, in the account of profile ${profile}`,
        deployCommand('cluster', stack),
        { cause: error },
      );
    }
  });
  const up = upCluster(cluster);
  if (up) return up;
  const status = cluster?.status;
  const words = `--name ${name} --region ${region} --profile ${profile}`;
  throw new CheckError(
    `${name} is ${status}`,
    status === 'CREATING'
      ? `aws eks wait cluster-active ${words}`
      : `aws eks describe-cluster ${words} --query cluster.health`,
  );
}

function upCluster(cluster: EksCluster | undefined): Cluster | undefined {
  const { arn, endpoint, status, certificateAuthority } = cluster ?? {};
  const data = certificateAuthority?.data;
  if ((status !== 'ACTIVE' && status !== 'UPDATING') || !arn || !endpoint || !data) return undefined;
  return { arn, endpoint, certificateAuthority: data };
}

/** What AWS tells about why somebody is not let in; undefined where it may not be asked. */
export async function accessFacts(
  place: ClusterPlace,
  caller: string,
  abortSignal: AbortSignal,
): Promise<{ roleArn: string | undefined; entries: readonly string[] | undefined }> {
  const principal = principalOf(caller);
  const roleArn = async () => {
    if (principal.kind !== 'role') return undefined;
    const client = new IAMClient(awsOptions(place));
    const { Role } = await client.send(new GetRoleCommand({ RoleName: principal.name }), { abortSignal });
    return Role?.Arn;
  };
  const entries = async () => {
    const found: string[] = [];
    const client = new EKSClient(awsOptions(place));
    for await (const page of paginateListAccessEntries(
      { client },
      { clusterName: place.name },
      { abortSignal },
    )) {
      found.push(...(page.accessEntries ?? []));
    }
    return found;
  };
  const [role, list] = await Promise.all([orUnknown(roleArn), orUnknown(entries)]);
  abortSignal.throwIfAborted();
  return { roleArn: role, entries: list };
}

/** Somebody who is not let in may often not ask why, which is no fault of its own. */
async function orUnknown<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch {
    return undefined;
  }
}
