import type { ECRClient } from '@aws-sdk/client-ecr';
import { PushImagesError } from '../errors.ts';

/** A repository of a private ECR registry. */
export interface Repository {
  /** `<account>.dkr.ecr.<region>.amazonaws.com/<name>`: what image references start with. */
  readonly url: string;
  /** The AWS account that owns the registry, 12 digits. */
  readonly registryId: string;
  readonly region: string;
  readonly name: string;
}

/** A repository, and the client that talks to its registry. */
export interface EcrTarget {
  readonly client: ECRClient;
  readonly repository: Repository;
}

/** The fields by which calls of ECR name a repository. */
export function inRepository({ repository: { registryId, name } }: EcrTarget) {
  return { registryId, repositoryName: name };
}

// Hosts: https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html; names: CreateRepository's pattern.
const urlPattern =
  /^(?<registryId>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)\/(?<name>[a-z0-9]+(?:[._/-][a-z0-9]+)*)$/;

/**
 * Reads a repository URL.
 *
 * @throws {PushImagesError} ERR_USAGE when it is not that of an ECR repository.
 */
export function parseRepository(url: string): Repository {
  const groups = urlPattern.exec(url)?.groups;
  if (!groups) {
    throw new PushImagesError(
      'ERR_USAGE',
      `${JSON.stringify(url)} is not the URL of an ECR repository, without scheme or tag.`,
      { value: url, nextStep: 'Give one like 123456789012.dkr.ecr.us-east-1.amazonaws.com/name.' },
    );
  }
  const { registryId = '', region = '', name = '' } = groups;
  return { url, registryId, region, name };
}

/** The region of the ECR registry that a host of image references is, if it is one. */
export function ecrRegion(host: string): string | undefined {
  return urlPattern.exec(`${host}/any`)?.groups?.region;
}
