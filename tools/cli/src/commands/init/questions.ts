import type { PlatformFile, PlatformStack } from '@envoy-poc/layers';

/** Something that a person is asked, or gives as a flag. */
interface Question {
  readonly flag: string;
  readonly text: string;
  /** Only asked for by its flag. */
  readonly quiet?: boolean;
  /** Whether all stacks have it in common. */
  readonly common?: boolean;
  /** Where the answer stands: in the file, or in its part of the stack. */
  readonly path: readonly [string, string] | readonly [keyof PlatformStack];
}

/** Every question, in the order in which they are asked. */
export const questions = [
  { flag: 'region', text: 'AWS region', path: ['region'] },
  {
    flag: 'account',
    text: 'AWS account, 12 digits; deploys to another account are refused',
    quiet: true,
    path: ['account'],
  },
  { flag: 'profile', text: 'AWS CLI profile that deploys', path: ['profile'] },
  {
    flag: 'kubectl-profile',
    text: 'AWS CLI profile for people who use the cluster',
    path: ['kubectlProfile'],
  },
  { flag: 'cluster-name', text: 'name of the EKS cluster', path: ['clusterName'] },
  { flag: 'vpc-name', text: 'name of the VPC', path: ['vpcName'] },
  {
    flag: 'repository-prefix',
    text: 'prefix of the names of the ECR repositories',
    path: ['repositoryPrefix'],
  },
  { flag: 'namespace', text: 'Kubernetes namespace of the workloads', path: ['namespace'] },
  { flag: 'state-bucket', text: 'S3 bucket for the state', common: true, path: ['state', 'bucket'] },
  {
    flag: 'state-prefix',
    text: 'prefix of the state in the bucket',
    common: true,
    path: ['state', 'prefix'],
  },
  {
    ...{
      flag: 'state-profile',
      text: 'AWS CLI profile that reads the state (default: that of the first stack)',
    },
    ...{ common: true, quiet: true, path: ['state', 'profile'] },
  },
  {
    flag: 'project',
    text: 'value of the tag "project" of all AWS resources',
    common: true,
    path: ['tags', 'project'],
  },
] as const satisfies readonly Question[];

/** Answers by flag. */
export type Answers = Partial<Record<(typeof questions)[number]['flag'], string>>;

const pathOf = ({ path }: Question, stack: string): readonly string[] =>
  path.length === 2 ? path : ['stacks', stack, ...path];

/** The answer that the file holds. */
export function currentAnswer(platform: PlatformFile, stack: string, question: Question): string | undefined {
  const value = pathOf(question, stack).reduce<unknown>(
    (parent, key) => Reflect.get(parent as object, key),
    platform,
  );
  return typeof value === 'string' ? value : undefined;
}

/** What the file holds, with answers put in, unchecked. */
export function withAnswers(platform: PlatformFile, stack: string, answers: Answers): unknown {
  const copy = structuredClone(platform);
  for (const question of questions) {
    const answer = answers[question.flag];
    if (answer === undefined) continue;
    const keys = pathOf(question, stack);
    const parent = keys.slice(0, -1).reduce<object>((at, key) => Reflect.get(at, key), copy);
    Reflect.set(parent, keys.at(-1) ?? '', answer);
  }
  return copy;
}

/** The flag that sets a key of the file, such as `stacks.dev.region`. */
export function flagOf(key: string, stack: string): string | undefined {
  const question = questions.find((one) => pathOf(one, stack).join('.') === key);
  return question && `--${question.flag}`;
}
