import * as ec2 from '@pulumi/aws/ec2/index.js';
import type { CustomResourceOptions } from '@pulumi/pulumi';

/**
 * The VPC, with DNS support, which EKS's private endpoint and the load balancer need. Its default security group, which
 * AWS makes with it and gives to whatever names none, lets nothing in or out.
 */
export function createVpc(args: { cidr: string }, options: CustomResourceOptions): ec2.Vpc {
  const vpc = new ec2.Vpc(
    'envoy_poc_vpc',
    {
      cidrBlock: args.cidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: 'envoy-vpc' },
    },
    options,
  );
  new ec2.DefaultSecurityGroup(
    'envoy_poc_vpc_default_security_group',
    { vpcId: vpc.id, ingress: [], egress: [], tags: { Name: 'envoy_poc_vpc_default_security_group' } },
    options,
  );
  return vpc;
}
