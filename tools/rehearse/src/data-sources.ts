import type { Properties, Resource } from './account.ts';
import { ACCOUNT_ID, REGION } from './shapes.ts';

/**
 * What the account answers to a data source.
 *
 * @throws {Error} when it knows no such data source, or nothing of that id
 */
export function answer(token: string, inputs: Properties, resources: readonly Resource[]): Properties {
  switch (token) {
    case 'aws:index/getAvailabilityZones:getAvailabilityZones':
      return { id: REGION, names: ['a', 'b', 'c'].map((letter) => `${REGION}${letter}`) };
    case 'aws:index/getCallerIdentity:getCallerIdentity':
      return { id: ACCOUNT_ID, accountId: ACCOUNT_ID, arn: `arn:aws:iam::${ACCOUNT_ID}:user/rehearsal` };
    case 'aws:index/getRegion:getRegion':
      return { id: REGION, name: REGION, region: REGION };
    case 'aws:index/getPartition:getPartition':
      return { id: 'aws', partition: 'aws', dnsSuffix: 'amazonaws.com' };
    case 'aws:ec2/getSecurityGroup:getSecurityGroup': {
      const group = resources.find(({ id }) => id === inputs.id);
      if (!group) throw new Error(`InvalidGroup.NotFound: ${inputs.id} does not exist`);
      return { id: group.id, name: group.inputs.name, tags: group.inputs.tags ?? {} };
    }
    default:
      throw new Error(`the account's double does not know ${token}`);
  }
}
