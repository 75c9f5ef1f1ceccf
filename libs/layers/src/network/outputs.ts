import * as z from 'zod';
import { availabilityZone, ipv4Cidr, region, resourceId } from '../fields.ts';

const subnet = z.object({ id: resourceId('subnet'), cidr: ipv4Cidr, zone: availabilityZone });

const subnets = z.array(subnet).min(2, 'a subnet in at least 2 zones').max(3, 'a subnet in at most 3 zones');

/** What the network layer publishes. */
export const network = z.object({
  region: region.describe('the AWS region of the network'),
  vpcId: resourceId('vpc').describe('the id of the VPC'),
  vpcCidr: ipv4Cidr.describe('the IPv4 range of the VPC'),
  internalCidrs: z
    .array(ipv4Cidr)
    .min(1)
    .describe('the IPv4 ranges that Envoy treats as internal, whether or not they are private by RFC 1918'),
  publicSubnets: subnets.describe('the public subnets, one a zone, where the load balancer stands'),
  privateSubnets: subnets.describe('the private subnets, one a zone, where the nodes stand'),
  controlPlaneZones: z
    .array(availabilityZone)
    .min(2, 'at least 2 zones')
    .max(3, 'at most 3 zones')
    .describe(
      "the zones of the control plane, which never change: EKS refuses other zones than at a cluster's creation",
    ),
  natPublicIps: z.array(z.ipv4()).min(1).describe('the addresses that nodes appear under on the internet'),
  securityGroupIds: z
    .object({
      cluster: resourceId('sg'),
      worker: resourceId('sg'),
      alb: resourceId('sg'),
      envoy: resourceId('sg'),
    })
    .describe('the ids of the security groups of the control plane, the nodes, the load balancer and Envoy'),
});

/** Valid sample values, in the shape AWS gives. */
export const networkExample: z.infer<typeof network> = {
  region: 'us-east-1',
  vpcId: 'vpc-0a1b2c3d4e5f60718',
  vpcCidr: '172.245.0.0/16',
  internalCidrs: ['172.245.0.0/16'],
  publicSubnets: [
    { id: 'subnet-0aaa0000000000001', cidr: '172.245.0.0/19', zone: 'us-east-1a' },
    { id: 'subnet-0aaa0000000000002', cidr: '172.245.32.0/19', zone: 'us-east-1b' },
  ],
  privateSubnets: [
    { id: 'subnet-0bbb0000000000001', cidr: '172.245.128.0/19', zone: 'us-east-1a' },
    { id: 'subnet-0bbb0000000000002', cidr: '172.245.160.0/19', zone: 'us-east-1b' },
  ],
  controlPlaneZones: ['us-east-1a', 'us-east-1b'],
  natPublicIps: ['192.0.2.10', '192.0.2.11'],
  securityGroupIds: {
    cluster: 'sg-0c00000000000001a',
    worker: 'sg-0c00000000000002b',
    alb: 'sg-0c00000000000003c',
    envoy: 'sg-0c00000000000004d',
  },
};
