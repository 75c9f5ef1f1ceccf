import type { Properties, Resource } from '../account/account.ts';
import { callerArn, principalOf } from './caller.ts';
import { answerOfEks } from './eks-data-sources.ts';
import { imagesOf } from './rules.ts';
import { ACCOUNT_ID, REGION } from './shapes.ts';

/**
 * What the account answers to a data source.
 *
 * @throws {Error} when it knows no such data source, or nothing of that id
 */
export function answer(token: string, inputs: Properties, resources: readonly Resource[]): Properties {
  switch (token) {
    case 'aws:index/getAvailabilityZones:getAvailabilityZones':
      return { id: REGION, names: zonesIn(resources) };
    case 'aws:index/getCallerIdentity:getCallerIdentity':
      return { id: ACCOUNT_ID, accountId: ACCOUNT_ID, arn: callerArn(), userId: 'AIDAREHEARSAL' };
    case 'aws:iam/getSessionContext:getSessionContext':
      return sessionOf(String(inputs.arn));
    case 'aws:index/getRegion:getRegion':
      return { id: REGION, name: REGION, region: REGION };
    case 'aws:index/getPartition:getPartition':
      return { id: 'aws', partition: 'aws', dnsSuffix: 'amazonaws.com' };
    case 'aws:ec2/getSecurityGroup:getSecurityGroup': {
      const group = resources.find(({ id }) => id === inputs.id);
      if (!group) throw new Error(`InvalidGroup.NotFound: ${inputs.id} does not exist`);
      return { id: group.id, name: group.inputs.name, tags: group.inputs.tags ?? {} };
    }
    case 'aws:ecr/getImage:getImage':
      return imageBy(inputs, resources);
    default: {
      const eks = answerOfEks(token, inputs, resources);
      if (!eks) throw new Error(`the account's double does not know ${token}`);
      return eks;
    }
  }
}

/** Who is behind a caller. */
function sessionOf(arn: string): Properties {
  const issuerArn = principalOf(arn);
  const isSession = issuerArn !== arn;
  return {
    ...{ id: arn, arn, issuerArn },
    issuerId: isSession ? 'AROAREHEARSAL' : '',
    issuerName: isSession ? (issuerArn.split('/').at(-1) ?? '') : '',
    sessionName: isSession ? (arn.split('/').at(-1) ?? '') : '',
  };
}

/** A zone of this type in the account is one that AWS does not show to it yet. */
export const HIDDEN_ZONE = 'rehearsal:index:HiddenZone';

function zonesIn(resources: readonly Resource[]): string[] {
  const hidden = resources.filter(({ type }) => type === HIDDEN_ZONE).map(({ id }) => id);
  return ['a', 'b', 'c'].map((letter) => `${REGION}${letter}`).filter((zone) => !hidden.includes(zone));
}

/** An image of a repository, by its tag or digest. */
function imageBy(wanted: Properties, resources: readonly Resource[]): Properties {
  const { repositoryName, imageTag, imageDigest } = wanted;
  const repository = resources.find(
    ({ type, id }) => type === 'aws:ecr/repository:Repository' && id === repositoryName,
  );
  if (!repository) throw new Error(`RepositoryNotFoundException: no repository ${repositoryName}`);
  const image = imagesOf(resources, repository).find(({ inputs }) =>
    imageTag === undefined
      ? inputs.imageDigest === imageDigest
      : (inputs.imageTags as unknown[]).includes(imageTag),
  );
  if (!image)
    throw new Error(`ImageNotFoundException: ${imageTag ?? imageDigest} is not in ${repositoryName}`);
  const { repositoryUrl, registryId } = repository.outputs;
  return { ...image.inputs, id: image.id, registryId, imageUri: `${repositoryUrl}@${image.id}` };
}
