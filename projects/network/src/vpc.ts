import * as ec2 from '@pulumi/aws/ec2/index.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi';

export interface VpcArgs {
  /** Its tag `Name`. */
  name: string;
  /** Its IPv4 range. */
  cidr: string;
}

/**
 * The VPC, with DNS support, which EKS's private endpoint and the load balancer need. Its default security group, which
 * AWS makes with it and gives to whatever names none, lets nothing in or out.
 */
export class Vpc extends ComponentResource {
  readonly id: Output<string>;
  readonly cidr: Output<string>;

  constructor(name: string, args: VpcArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:network:Vpc', name, {}, options);
    const vpc = new ec2.Vpc(
      'envoy_poc_vpc',
      {
        cidrBlock: args.cidr,
        enableDnsSupport: true,
        enableDnsHostnames: true,
        tags: { Name: args.name },
      },
      { parent: this },
    );
    new ec2.DefaultSecurityGroup(
      'envoy_poc_vpc_default_security_group',
      { vpcId: vpc.id, ingress: [], egress: [], tags: { Name: 'envoy_poc_vpc_default_security_group' } },
      { parent: this },
    );
    this.id = vpc.id;
    this.cidr = vpc.cidrBlock;
    this.registerOutputs({ id: this.id, cidr: this.cidr });
  }
}
