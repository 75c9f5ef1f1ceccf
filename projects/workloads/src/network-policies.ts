import { childOptions } from '@envoy-poc/layers/pulumi';
import { ports, selectorLabels, type Workload } from '@envoy-poc/layers/workloads';
import { NetworkPolicy } from '@pulumi/kubernetes/networking/v1/networkPolicy.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi';

export interface NetworkPoliciesArgs {
  namespace: string;
  /** Whether there are endpoint pickers. */
  pickers: boolean;
  /** From where statistics are read. Left out: from nowhere. */
  monitoringNamespace: string | undefined;
  /** The IPv4 ranges that the load balancer connects from. Left out: there is none. */
  loadBalancerCidrs: Output<readonly string[]> | undefined;
}

/** Who may talk to whom; made before the pods, so that none is ever without. */
export class NetworkPolicies extends ComponentResource {
  constructor(name: string, args: NetworkPoliciesArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:workloads:NetworkPolicies', name, {}, options);
    const { namespace, pickers, monitoringNamespace, loadBalancerCidrs } = args;
    const child = childOptions(this, options);
    const base = basePolicies(namespace, pickers);
    new NetworkPolicy('envoy_poc_default_deny_network_policy', base.defaultDeny, child);
    new NetworkPolicy('envoy_poc_app_server_network_policy', base.server, child);
    new NetworkPolicy('envoy_poc_edge_network_policy', base.edge, child);
    new NetworkPolicy('envoy_poc_app_client_network_policy', base.client, child);
    if (pickers) new NetworkPolicy('envoy_poc_endpoint_picker_network_policy', base.picker, child);
    if (loadBalancerCidrs) {
      const { metadata, spec } = loadBalancerCidrs.apply((cidrs) => loadBalancerPolicy(namespace, cidrs));
      new NetworkPolicy('envoy_poc_load_balancer_network_policy', { metadata, spec }, child);
    }
    if (monitoringNamespace !== undefined) {
      const { server, edge, client, picker } = monitoringPolicies(namespace, monitoringNamespace);
      new NetworkPolicy('envoy_poc_app_server_monitoring_network_policy', server, child);
      new NetworkPolicy('envoy_poc_edge_monitoring_network_policy', edge, child);
      new NetworkPolicy('envoy_poc_app_client_monitoring_network_policy', client, child);
      if (pickers) {
        new NetworkPolicy('envoy_poc_endpoint_picker_monitoring_network_policy', picker, child);
      }
    }
    this.registerOutputs();
  }
}

/**
 * Who may talk to whom: client → edge → server, the server asks the edge whether it drains, the edge asks the picker and
 * the server tells it, names come from the cluster's DNS, and nothing else. Probes and `preStop` calls come from the node,
 * which network policies do not hold back.
 */
function basePolicies(namespace: string, pickers: boolean) {
  const toPicker = (port: number) => ({ to: [{ podSelector: pods('picker') }], ports: [tcp(port)] });
  return {
    defaultDeny: policy('default-deny', namespace, { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
    server: policy('server', namespace, {
      podSelector: pods('server'),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ podSelector: pods('edge') }], ports: [tcp(ports.server)] }],
      egress: [
        { to: [{ podSelector: pods('edge') }], ports: [tcp(ports.edgeStats)] },
        ...(pickers ? [toPicker(ports.pickerReports), clusterDns] : []),
      ],
    }),
    edge: policy('edge', namespace, {
      podSelector: pods('edge'),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [{ podSelector: pods('client') }], ports: [tcp(ports.edge)] },
        { from: [{ podSelector: pods('server') }], ports: [tcp(ports.edgeStats)] },
      ],
      egress: [
        { to: [{ podSelector: pods('server') }], ports: [tcp(ports.server)] },
        ...(pickers ? [toPicker(ports.picker)] : []),
        clusterDns,
      ],
    }),
    picker: policy('picker', namespace, {
      podSelector: pods('picker'),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [{ podSelector: pods('edge') }], ports: [tcp(ports.picker)] },
        { from: [{ podSelector: pods('server') }], ports: [tcp(ports.pickerReports)] },
      ],
    }),
    client: policy('client', namespace, {
      podSelector: pods('client'),
      policyTypes: ['Egress'],
      egress: [{ to: [{ podSelector: pods('edge') }], ports: [tcp(ports.edge)] }, clusterDns],
    }),
  };
}

/** Lets the load balancer reach the edges from where it stands, IPv4 ranges; none let nobody through. */
function loadBalancerPolicy(namespace: string, cidrs: readonly string[]) {
  return policy('load-balancer', namespace, {
    podSelector: pods('edge'),
    policyTypes: ['Ingress'],
    // One rule a range: a rule with an empty list of peers would let everybody through.
    ingress: cidrs.map((cidr) => ({ from: [{ ipBlock: { cidr } }], ports: [tcp(ports.edge)] })),
  });
}

/** Lets a namespace read the statistics of all workloads. */
function monitoringPolicies(namespace: string, monitoringNamespace: string) {
  const from = [{ namespaceSelector: namespaceNamed(monitoringNamespace) }];
  const readable = (workload: Workload, port: number) =>
    policy(`monitoring-${workload}`, namespace, {
      podSelector: pods(workload),
      policyTypes: ['Ingress'],
      ingress: [{ from, ports: [tcp(port)] }],
    });
  return {
    server: readable('server', ports.server),
    edge: readable('edge', ports.edgeStats),
    client: readable('client', ports.client),
    picker: readable('picker', ports.picker),
  };
}

const clusterDns = {
  to: [
    {
      namespaceSelector: namespaceNamed('kube-system'),
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ],
  ports: [{ protocol: 'UDP', port: 53 }, tcp(53)],
};

function policy<Spec extends object>(name: string, namespace: string, spec: Spec) {
  return {
    metadata: { name, namespace, labels: { 'app.kubernetes.io/part-of': 'envoy-poc' } },
    spec,
  };
}

function pods(workload: Workload) {
  return { matchLabels: selectorLabels(workload) };
}

/** The control plane puts this label on every namespace. */
function namespaceNamed(name: string) {
  return { matchLabels: { 'kubernetes.io/metadata.name': name } };
}

function tcp(port: number) {
  return { protocol: 'TCP', port };
}
