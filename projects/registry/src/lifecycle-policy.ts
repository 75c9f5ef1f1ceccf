/** How long a repository keeps images. */
export interface Retention {
  /** How many tagged images it keeps; older ones are deleted. */
  keepImages: number;
  /**
   * After how many days an image without a tag is deleted. By ECR's evaluation rules not the platforms of an index,
   * while that is there, and what refers to an image goes with it: see the README.
   */
  untaggedDays: number;
}

/** An ECR lifecycle policy (https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html). */
export function lifecyclePolicy({ keepImages, untaggedDays }: Retention): string {
  return JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        description: `Delete images without a tag after ${untaggedDays} days`,
        selection: {
          tagStatus: 'untagged',
          countType: 'sinceImagePushed',
          countUnit: 'days',
          countNumber: untaggedDays,
        },
        action: { type: 'expire' },
      },
      {
        rulePriority: 2,
        description: `Keep the newest ${keepImages} tagged images`,
        selection: {
          tagStatus: 'tagged',
          tagPatternList: ['*'],
          countType: 'imageCountMoreThan',
          countNumber: keepImages,
        },
        action: { type: 'expire' },
      },
    ],
  });
}
