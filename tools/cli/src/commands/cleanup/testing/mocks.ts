import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECRClient } from '@aws-sdk/client-ecr';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { account } from './workspace.ts';

/** Tags as the layers set them. */
export const layerTags = (stack: string) => [
  { Key: 'project', Value: 'envoy-poc' },
  { Key: 'layer', Value: 'any' },
  { Key: 'stack', Value: stack },
];

const noCluster = Object.assign(new Error('no cluster'), {
  name: 'ResourceNotFoundException',
  $metadata: { httpStatusCode: 404 },
});

/** AWS as an account where nothing is, until a test says otherwise. */
export function mockAccount() {
  const clients = {
    sts: mockClient(STSClient),
    ec2: mockClient(EC2Client),
    ecr: mockClient(ECRClient),
    eks: mockClient(EKSClient),
    elb: mockClient(ElasticLoadBalancingV2Client),
    iam: mockClient(IAMClient),
    kms: mockClient(KMSClient),
    logs: mockClient(CloudWatchLogsClient),
    s3: mockClient(S3Client),
  };
  const all = Object.values(clients);
  return {
    ...clients,
    restore: () => all.forEach((client) => void client.restore()),
    /** Everything that was asked, by the name of its command. */
    asked: () =>
      all.flatMap((client) => client.calls().map(({ args: [command] }) => command.constructor.name)),
    reset() {
      for (const client of all) client.reset();
      const arn = `arn:aws:iam::${account}:user/me`;
      clients.sts.on(GetCallerIdentityCommand).resolves({ Account: account, Arn: arn });
      const { ec2, ecr, eks, elb, iam, kms, logs, s3 } = clients;
      for (const client of [ec2, ecr, eks, elb, iam, kms, logs, s3] as (typeof ec2)[])
        client.onAnyCommand().resolves({});
      clients.eks.on(DescribeClusterCommand).rejects(noCluster);
    },
  };
}
