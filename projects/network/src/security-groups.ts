import * as ec2 from '@pulumi/aws/ec2/index.js';
import * as vpc from '@pulumi/aws/vpc/index.js';
import type { CustomResourceOptions, Input } from '@pulumi/pulumi';

/** What the security groups let through. */
export interface SecurityGroupsArgs {
  vpcId: Input<string>;
  /** The IPv4 ranges that may reach the load balancer on HTTP 80. */
  albIngressCidrs: readonly string[];
}

/** The four security groups. None carries `kubernetes.io/cluster/<name>`: on a node only EKS's own may. */
export interface SecurityGroups {
  cluster: ec2.SecurityGroup;
  worker: ec2.SecurityGroup;
  alb: ec2.SecurityGroup;
  envoy: ec2.SecurityGroup;
}

type Name = keyof SecurityGroups;

/** A range of IPv4 addresses, or a security group. */
type Peer = { cidr: string } | { group: Name };

/** TCP ports from the first to the last, both included. */
type Ports = readonly [first: number, last: number];

/** Where clients connect to the load balancer, and it to Envoy. */
const HTTP: Ports = [80, 80];
/** The API server. */
const HTTPS: Ports = [443, 443];
/** Kubelets (10250) and webhooks. */
const UNPRIVILEGED: Ports = [1025, 65535];

/** The four security groups of the design, each rule a resource of its own. */
export function createSecurityGroups(
  args: SecurityGroupsArgs,
  options: CustomResourceOptions,
): SecurityGroups {
  const groups: SecurityGroups = {
    cluster: group('cluster', 'EKS control plane of envoy-poc'),
    worker: group('worker', 'Nodes of envoy-poc'),
    alb: group('alb', 'Load balancer of envoy-poc'),
    envoy: group('envoy', 'Envoy pods of envoy-poc, on the nodes they share'),
  };

  allow('cluster', 'ingress', 'from_worker', { group: 'worker' }, HTTPS, 'Nodes and pods to the API server');
  allow(
    'cluster',
    'egress',
    'to_worker',
    { group: 'worker' },
    UNPRIVILEGED,
    'API server to kubelets and webhooks',
  );
  allow('worker', 'ingress', 'from_worker', { group: 'worker' }, 'all', 'Nodes and pods among themselves');
  allow(
    'worker',
    'ingress',
    'from_cluster',
    { group: 'cluster' },
    UNPRIVILEGED,
    'API server to kubelets and webhooks',
  );
  allow('worker', 'egress', 'to_internet', { cidr: '0.0.0.0/0' }, 'all', 'Images, AWS APIs, DNS');
  args.albIngressCidrs.forEach((cidr, index) => {
    // Until these rules were named by range they were numbered; a stack from then keeps them, if its list is the same.
    const before = index === 0 ? 'from_internet' : `from_internet_${index + 1}`;
    allow('alb', 'ingress', fromRange(cidr), { cidr }, HTTP, 'HTTP from clients', {
      aliases: [{ name: `envoy_poc_alb_ingress_${before}` }],
    });
  });
  allow('alb', 'egress', 'to_envoy', { group: 'envoy' }, HTTP, 'Requests and health checks to Envoy');
  allow(
    'envoy',
    'ingress',
    'from_alb',
    { group: 'alb' },
    HTTP,
    'Requests and health checks from the load balancer',
  );
  return groups;

  function group(name: Name, description: string): ec2.SecurityGroup {
    const logicalName = `envoy_poc_${name}_security_group`;
    return new ec2.SecurityGroup(
      logicalName,
      { vpcId: args.vpcId, description, tags: { Name: logicalName } },
      options,
    );
  }

  function allow(
    name: Name,
    direction: 'ingress' | 'egress',
    peerName: string,
    peer: Peer,
    ports: Ports | 'all',
    description: string,
    more: CustomResourceOptions = {},
  ): void {
    const rule = {
      securityGroupId: groups[name].id,
      description,
      ...('cidr' in peer ? { cidrIpv4: peer.cidr } : { referencedSecurityGroupId: groups[peer.group].id }),
      ...(ports === 'all'
        ? { ipProtocol: '-1' }
        : { ipProtocol: 'tcp', fromPort: ports[0], toPort: ports[1] }),
    };
    const logicalName = `envoy_poc_${name}_${direction}_${peerName}`;
    if (direction === 'ingress') new vpc.SecurityGroupIngressRule(logicalName, rule, { ...options, ...more });
    else new vpc.SecurityGroupEgressRule(logicalName, rule, { ...options, ...more });
  }
}

/** `198.51.100.0/24` → `from_198_51_100_0_24`. */
function fromRange(cidr: string): string {
  return cidr === '0.0.0.0/0' ? 'from_anywhere' : `from_${cidr.replace(/[./]/g, '_')}`;
}
