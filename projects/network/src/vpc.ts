import * as ec2 from '@pulumi/aws/ec2/index.js';
import type { CustomResourceOptions } from '@pulumi/pulumi';

/** The VPC, with DNS support, which EKS's private endpoint and the load balancer need. */
export function createVpc(args: { cidr: string }, options: CustomResourceOptions): ec2.Vpc {
  return new ec2.Vpc(
    'envoy_poc_vpc',
    {
      cidrBlock: args.cidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: 'envoy-vpc' },
    },
    options,
  );
}
