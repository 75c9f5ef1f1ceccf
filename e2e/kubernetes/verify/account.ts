import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  ECRClient,
  PutImageCommand,
  RepositoryAlreadyExistsException,
} from '@aws-sdk/client-ecr';
import {
  CreateClusterCommand,
  CreateNodegroupCommand,
  DeleteClusterCommand,
  DeleteNodegroupCommand,
  EKSClient,
} from '@aws-sdk/client-eks';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  DeregisterTargetsCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';

/** What stands in an account of moto: what the layers and the load balancer controller would have made in AWS. */
export interface RigAccount extends AsyncDisposable {
  readonly hostname: string;
  makeNodeGroup(): Promise<void>;
  deleteNodeGroup(): Promise<void>;
  /** Takes an image out of its repository; gives what puts it back. */
  takeImage(repositoryName: string, imageDigest: string): Promise<() => Promise<void>>;
  addTargets(ips: readonly string[]): Promise<void>;
  removeTargets(ips: readonly string[]): Promise<void>;
}

export interface RigAccountOptions {
  readonly name: string;
  readonly nodeGroupName: string;
  readonly repositories: readonly string[];
}

/** Makes it, at the endpoint and with the credentials of the environment. */
export async function rigAccount(options: RigAccountOptions): Promise<RigAccount> {
  const { name, nodeGroupName, repositories } = options;
  const region = { region: 'us-east-1' };
  const [eks, ecr, elb] = [
    new EKSClient(region),
    new ECRClient(region),
    new ElasticLoadBalancingV2Client(region),
  ];
  const { Subnets = [] } = await new EC2Client(region).send(new DescribeSubnetsCommand({}));
  const [first, second] = Subnets;
  const subnets = [first?.SubnetId ?? '', second?.SubnetId ?? ''];
  const role = 'arn:aws:iam::123456789012:role/verify';

  await eks.send(
    new CreateClusterCommand({
      ...{ name, version: '1.33', roleArn: role },
      resourcesVpcConfig: { subnetIds: subnets },
    }),
  );
  for (const repositoryName of repositories) {
    await ecr.send(new CreateRepositoryCommand({ repositoryName })).catch((error: unknown) => {
      // Of a run that was killed.
      if (!(error instanceof RepositoryAlreadyExistsException)) throw error;
    });
  }
  const made = await elb.send(
    new CreateLoadBalancerCommand({ Name: name, Type: 'application', Subnets: subnets }),
  );
  const { LoadBalancerArn, DNSName: hostname = '' } = made.LoadBalancers?.[0] ?? {};
  const groups = await elb.send(
    new CreateTargetGroupCommand({
      ...{ Name: name, TargetType: 'ip', Protocol: 'HTTP', Port: 80, VpcId: first?.VpcId },
    }),
  );
  const TargetGroupArn = groups.TargetGroups?.[0]?.TargetGroupArn;
  await elb.send(
    new CreateListenerCommand({
      ...{ LoadBalancerArn, Protocol: 'HTTP', Port: 80 },
      DefaultActions: [{ Type: 'forward', TargetGroupArn }],
    }),
  );
  const targets = (ips: readonly string[]) => ({
    TargetGroupArn,
    Targets: ips.map((Id) => ({ Id, Port: 80 })),
  });
  const account: RigAccount = {
    hostname,
    async makeNodeGroup() {
      await eks.send(
        new CreateNodegroupCommand({
          ...{ clusterName: name, nodegroupName: nodeGroupName, nodeRole: role, subnets },
          ...{ instanceTypes: ['t3.medium'], scalingConfig: { desiredSize: 1, minSize: 1, maxSize: 2 } },
        }),
      );
    },
    async deleteNodeGroup() {
      await eks.send(new DeleteNodegroupCommand({ clusterName: name, nodegroupName: nodeGroupName }));
    },
    async takeImage(repositoryName, imageDigest) {
      const imageIds = [{ imageDigest }];
      const { images } = await ecr.send(new BatchGetImageCommand({ repositoryName, imageIds }));
      const { imageManifest, imageManifestMediaType, imageId } = images?.[0] ?? {};
      await ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds }));
      const imageTag = imageId?.imageTag;
      const again = { repositoryName, imageManifest, imageManifestMediaType, imageDigest, imageTag };
      return async () => void (await ecr.send(new PutImageCommand(again)));
    },
    addTargets: async (ips) => void (await elb.send(new RegisterTargetsCommand(targets(ips)))),
    removeTargets: async (ips) => void (await elb.send(new DeregisterTargetsCommand(targets(ips)))),
    async [Symbol.asyncDispose]() {
      await elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
      await elb.send(new DeleteTargetGroupCommand({ TargetGroupArn }));
      for (const repositoryName of repositories)
        await ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true }));
      await account.deleteNodeGroup();
      await eks.send(new DeleteClusterCommand({ name }));
    },
  };
  await account.makeNodeGroup();
  return account;
}
