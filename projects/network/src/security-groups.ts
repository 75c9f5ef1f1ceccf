import * as ec2 from '@pulumi/aws/ec2/index.js';
import * as vpc from '@pulumi/aws/vpc/index.js';
import { ComponentResource, type ComponentResourceOptions, type Input, type Output } from '@pulumi/pulumi';

export interface SecurityGroupsArgs {
  vpcId: Input<string>;
  /** The IPv4 ranges that may reach the load balancer on HTTP 80. */
  albIngressCidrs: readonly string[];
}

/** None carries `kubernetes.io/cluster/<name>`: on a node only EKS's own may. */
const descriptions = {
  cluster: 'EKS control plane',
  worker: 'EKS nodes',
  alb: 'Load balancer',
  envoy: 'Envoy pods, on the nodes they share',
};

type Name = keyof typeof descriptions;

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
export class SecurityGroups extends ComponentResource {
  readonly ids: Readonly<Record<Name, Output<string>>>;

  constructor(name: string, args: SecurityGroupsArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:network:SecurityGroups', name, {}, options);
    this.ids = {
      cluster: this.#group('cluster', args.vpcId),
      worker: this.#group('worker', args.vpcId),
      alb: this.#group('alb', args.vpcId),
      envoy: this.#group('envoy', args.vpcId),
    };
    const [toApi, fromApi] = ['Nodes and pods to the API server', 'API server to kubelets and webhooks'];
    this.#allow('cluster', 'ingress', 'from_worker', { group: 'worker' }, HTTPS, toApi);
    this.#allow('cluster', 'egress', 'to_worker', { group: 'worker' }, UNPRIVILEGED, fromApi);
    const inside = 'Nodes and pods among themselves';
    this.#allow('worker', 'ingress', 'from_worker', { group: 'worker' }, 'all', inside);
    this.#allow('worker', 'ingress', 'from_cluster', { group: 'cluster' }, UNPRIVILEGED, fromApi);
    this.#allow('worker', 'egress', 'to_internet', { cidr: '0.0.0.0/0' }, 'all', 'Images, AWS APIs, DNS');
    for (const cidr of args.albIngressCidrs) {
      this.#allow('alb', 'ingress', fromRange(cidr), { cidr }, HTTP, 'HTTP from clients');
    }
    const [toEnvoy, fromAlb] = [
      'Requests and health checks to Envoy',
      'Requests and health checks from the load balancer',
    ];
    this.#allow('alb', 'egress', 'to_envoy', { group: 'envoy' }, HTTP, toEnvoy);
    this.#allow('envoy', 'ingress', 'from_alb', { group: 'alb' }, HTTP, fromAlb);
    this.registerOutputs({ ids: this.ids });
  }

  #group(name: Name, vpcId: Input<string>): Output<string> {
    const logicalName = `envoy_poc_${name}_security_group`;
    const args = { vpcId, description: descriptions[name], tags: { Name: logicalName } };
    return new ec2.SecurityGroup(logicalName, args, { parent: this }).id;
  }

  #allow(
    name: Name,
    direction: 'ingress' | 'egress',
    peerName: string,
    peer: Peer,
    ports: Ports | 'all',
    description: string,
  ): void {
    const rule = {
      securityGroupId: this.ids[name],
      description,
      ...('cidr' in peer ? { cidrIpv4: peer.cidr } : { referencedSecurityGroupId: this.ids[peer.group] }),
      ...(ports === 'all'
        ? { ipProtocol: '-1' }
        : { ipProtocol: 'tcp', fromPort: ports[0], toPort: ports[1] }),
    };
    const Rule = direction === 'ingress' ? vpc.SecurityGroupIngressRule : vpc.SecurityGroupEgressRule;
    new Rule(`envoy_poc_${name}_${direction}_${peerName}`, rule, { parent: this });
  }
}

/** `198.51.100.0/24` → `from_198_51_100_0_24`. */
function fromRange(cidr: string): string {
  return cidr === '0.0.0.0/0' ? 'from_anywhere' : `from_${cidr.replace(/[./]/g, '_')}`;
}
