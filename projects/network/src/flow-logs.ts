import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js';
import * as ec2 from '@pulumi/aws/ec2/index.js';
import * as iam from '@pulumi/aws/iam/index.js';
import { ComponentResource, type ComponentResourceOptions, type Input } from '@pulumi/pulumi';

const RETENTION_DAYS = 14;

export interface FlowLogsArgs {
  vpcId: Input<string>;
}

/** Sends the VPC's flow logs to CloudWatch Logs, through a role that may write nowhere else. */
export class FlowLogs extends ComponentResource {
  constructor(name: string, args: FlowLogsArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:network:FlowLogs', name, {}, options);
    const logs = new cloudwatch.LogGroup(
      'envoy_poc_flow_logs',
      { retentionInDays: RETENTION_DAYS, tags: { Name: 'envoy_poc_flow_logs' } },
      { parent: this },
    );
    const role = new iam.Role(
      'envoy_poc_flow_logs_role',
      {
        description: 'Lets VPC flow logs write to their log group',
        assumeRolePolicy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'vpc-flow-logs.amazonaws.com' },
              Action: 'sts:AssumeRole',
            },
          ],
        }),
      },
      { parent: this },
    );
    const policy = new iam.RolePolicy(
      'envoy_poc_flow_logs_policy',
      {
        role: role.name,
        policy: logs.arn.apply((arn) =>
          JSON.stringify({
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Action: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
                Resource: [arn, `${arn}:*`],
              },
            ],
          }),
        ),
      },
      { parent: this },
    );
    new ec2.FlowLog(
      'envoy_poc_flow_log',
      {
        vpcId: args.vpcId,
        trafficType: 'ALL',
        logDestinationType: 'cloud-watch-logs',
        logDestination: logs.arn,
        iamRoleArn: role.arn,
        tags: { Name: 'envoy_poc_flow_log' },
      },
      { parent: this, dependsOn: policy },
    );
    this.registerOutputs();
  }
}
