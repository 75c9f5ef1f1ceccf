import * as ecr from '@pulumi/aws/ecr/index.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi';
import { lifecyclePolicy, type Retention } from './lifecycle-policy.ts';

/** A repository, and how long it keeps images. */
export interface RepositoryArgs extends Retention {
  /** Its name in ECR. */
  name: string;
  /** Whether it may be deleted with images in it. */
  forceDelete: boolean;
}

/** A repository whose tags never move and whose images are scanned on push. */
export class Repository extends ComponentResource {
  readonly name: Output<string>;
  readonly url: Output<string>;
  readonly arn: Output<string>;
  readonly region: Output<string>;
  readonly registryId: Output<string>;

  /** @param name also the logical name of the repository itself */
  constructor(name: string, args: RepositoryArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:registry:Repository', name, {}, options);
    const repository = new ecr.Repository(
      name,
      {
        name: args.name,
        imageTagMutability: 'IMMUTABLE',
        imageScanningConfiguration: { scanOnPush: true },
        forceDelete: args.forceDelete,
        tags: { Name: name },
      },
      { parent: this },
    );
    new ecr.LifecyclePolicy(
      `${name}_lifecycle`,
      { repository: repository.name, policy: lifecyclePolicy(args) },
      { parent: this },
    );
    this.name = repository.name;
    this.url = repository.repositoryUrl;
    this.arn = repository.arn;
    this.region = repository.region;
    this.registryId = repository.registryId;
    this.registerOutputs({ name: this.name, url: this.url, arn: this.arn });
  }
}
