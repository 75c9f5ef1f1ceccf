import {
  paginateDescribeInstances,
  paginateDescribeLaunchTemplates,
  paginateDescribeVolumes,
} from '@aws-sdk/client-ec2';
import type { Kind } from '../kind.ts';
import { each, ec2Kind, together } from './ec2.ts';

const instances = ec2Kind({
  id: 'instances',
  title: 'instances',
  operation: 'DescribeInstances',
  async *list(client, abortSignal) {
    const states = ['pending', 'running', 'shutting-down', 'stopping', 'stopped'];
    const input = { Filters: [{ Name: 'instance-state-name', Values: states }] };
    for await (const { Reservations = [] } of paginateDescribeInstances({ client }, input, { abortSignal })) {
      yield Reservations.flatMap(({ Instances = [] }) => Instances).map(
        ({ InstanceId = '', Tags, VpcId }) => ({
          ...{ id: InstanceId, tags: Tags, vpc: VpcId },
        }),
      );
    }
  },
  remove: (things) => [
    together(things, 'terminate-instances', '--instance-ids'),
    together(things, 'wait', 'instance-terminated', '--instance-ids'),
  ],
});

const volumes = ec2Kind({
  id: 'volumes',
  title: 'EBS volumes',
  operation: 'DescribeVolumes',
  async *list(client, abortSignal) {
    for await (const { Volumes = [] } of paginateDescribeVolumes({ client }, {}, { abortSignal })) {
      // Those that go with their instance are its, not left over.
      const alone = Volumes.filter(
        ({ State, Attachments = [] }) =>
          State !== 'deleting' && !Attachments.some(({ DeleteOnTermination }) => DeleteOnTermination),
      );
      yield alone.map(({ VolumeId = '', Tags }) => ({ id: VolumeId, tags: Tags }));
    }
  },
  remove: (things) => each(things, 'delete-volume', '--volume-id'),
});

const launchTemplates = ec2Kind({
  id: 'launch-templates',
  title: 'launch templates',
  operation: 'DescribeLaunchTemplates',
  async *list(client, abortSignal) {
    for await (const { LaunchTemplates = [] } of paginateDescribeLaunchTemplates(
      { client },
      {},
      { abortSignal },
    )) {
      yield LaunchTemplates.map(({ LaunchTemplateId = '', Tags }) => ({ id: LaunchTemplateId, tags: Tags }));
    }
  },
  remove: (things) => each(things, 'delete-launch-template', '--launch-template-id'),
});

/** What nodes are made of. */
export const computeKinds: readonly Kind[] = [instances, volumes, launchTemplates];
