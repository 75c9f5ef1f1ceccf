import { type AwsPlace, findAwsProfile } from '#runtime';

/** The region in which Pulumi looks for the state's bucket. */
export interface PulumiRegion {
  /** Undefined: none is named anywhere, and Pulumi stops. */
  readonly region: string | undefined;
  /** What names it, or could. */
  readonly from: string;
  /** The command that makes it another. */
  set(region: string): string;
}

/**
 * The region in which Pulumi looks for the state's bucket: the AWS SDK for Go takes it from the backend's URL, the
 * environment, or the profile, and not from the stack
 * (https://docs.aws.amazon.com/sdk-for-go/v2/developer-guide/configure-gosdk.html#specifying-the-aws-region).
 */
export async function regionForPulumi(
  url: string,
  { profile }: AwsPlace,
  env: NodeJS.ProcessEnv,
): Promise<PulumiRegion> {
  const inUrl = new URL(url).searchParams.get('region');
  if (inUrl) {
    const set = (region: string) => `change region=${inUrl} to region=${region} in the URL of the backend`;
    return { region: inUrl, from: 'the URL of the backend', set };
  }
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) {
    if (env[name]) return { region: env[name], from: name, set: (region) => `export ${name}=${region}` };
  }
  const name = profile ?? env.AWS_PROFILE ?? 'default';
  const region = (await findAwsProfile(name, env).catch(() => undefined))?.values.region;
  const set = (wanted: string) => `aws configure set region ${wanted} --profile ${name}`;
  return { region, from: `profile ${name}`, set };
}
