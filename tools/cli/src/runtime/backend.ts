import type { AwsPlace } from './stack-settings.ts';

/** A state backend in S3. */
export interface StateBucket {
  readonly bucket: string;
  /** Without slashes at its ends; empty: the whole bucket. */
  readonly prefix: string;
  readonly place: AwsPlace;
}

/**
 * Reads a backend URL as Pulumi does: without a profile in it, the stack's is not asked either. Such as `s3://bucket/prefix?profile=name`
 * (https://www.pulumi.com/docs/iac/concepts/state-and-backends/#aws-s3).
 *
 * @returns undefined for a backend that is not in S3
 */
export function parseBackend(url: string, place: AwsPlace): StateBucket | undefined {
  if (!url.startsWith('s3://')) return undefined;
  const { hostname, pathname, searchParams } = new URL(url);
  return {
    bucket: hostname,
    prefix: pathname.replaceAll(/^\/+|\/+$/g, ''),
    place: {
      region: searchParams.get('region') ?? place.region,
      profile: searchParams.get('profile') ?? undefined,
    },
  };
}
