import * as ecr from '@pulumi/aws/ecr/index.js';
import type { CustomResourceOptions } from '@pulumi/pulumi';
import { lifecyclePolicy, type Retention } from './lifecycle-policy.ts';

/** A repository, and how long it keeps images. */
export interface RepositoryArgs extends Retention {
  /** Its name in ECR. */
  name: string;
  /** Whether it may be deleted with images in it. */
  forceDelete: boolean;
}

/**
 * A repository whose tags never move and whose images are scanned on push.
 *
 * @param kind names it among the logical names: `envoy_poc_<kind>_ecr_repository`
 */
export function createRepository(
  kind: string,
  args: RepositoryArgs,
  options: CustomResourceOptions,
): ecr.Repository {
  const logicalName = `envoy_poc_${kind}_ecr_repository`;
  const repository = new ecr.Repository(
    logicalName,
    {
      name: args.name,
      imageTagMutability: 'IMMUTABLE',
      imageScanningConfiguration: { scanOnPush: true },
      forceDelete: args.forceDelete,
      tags: { Name: logicalName },
    },
    options,
  );
  new ecr.LifecyclePolicy(
    `${logicalName}_lifecycle`,
    { repository: repository.name, policy: lifecyclePolicy(args) },
    options,
  );
  return repository;
}
