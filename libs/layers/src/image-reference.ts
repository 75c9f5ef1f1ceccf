import { z } from 'zod';

/** An image by digest. */
export const imageByDigest = z
  .string()
  .regex(
    /^[^\s@]+@sha256:[0-9a-f]{64}$/,
    'must name an image by digest, such as registry.example/app@sha256:<64 hexadecimal digits>',
  );

/** An image in a private ECR repository. */
export interface EcrImage {
  /** The AWS account. */
  readonly registryId: string;
  readonly region: string;
  /** The name of the repository. */
  readonly name: string;
  readonly digest: string;
}

const ecrImage =
  /^(?<registryId>\d{12})\.dkr[.-]ecr\.(?<region>[a-z0-9-]+)\.[^/]+\/(?<name>[^@]+)@(?<digest>sha256:[0-9a-f]{64})$/;

/** What a reference by digest names in ECR; undefined when it names an image elsewhere. */
export function ecrImageOf(reference: string): EcrImage | undefined {
  return ecrImage.exec(reference)?.groups as EcrImage | undefined;
}
