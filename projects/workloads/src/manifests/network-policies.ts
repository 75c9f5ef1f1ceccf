import { ports, selectorLabels, type Workload } from '@envoy-poc/layers/workloads';

/**
 * Who may talk to whom: client → edge → server, the server asks the edge whether it drains, names come from the
 * cluster's DNS, and nothing else. Probes and `preStop` calls come from the node, which network policies do not hold
 * back.
 */
export function basePolicies(namespace: string) {
  return {
    defaultDeny: policy('default-deny', namespace, { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
    server: policy('server', namespace, {
      podSelector: pods('server'),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ podSelector: pods('edge') }], ports: [tcp(ports.server)] }],
      egress: [{ to: [{ podSelector: pods('edge') }], ports: [tcp(ports.edgeStats)] }],
    }),
    edge: policy('edge', namespace, {
      podSelector: pods('edge'),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [{ podSelector: pods('client') }], ports: [tcp(ports.edge)] },
        { from: [{ podSelector: pods('server') }], ports: [tcp(ports.edgeStats)] },
      ],
      egress: [{ to: [{ podSelector: pods('server') }], ports: [tcp(ports.server)] }, clusterDns],
    }),
    client: policy('client', namespace, {
      podSelector: pods('client'),
      policyTypes: ['Egress'],
      egress: [{ to: [{ podSelector: pods('edge') }], ports: [tcp(ports.edge)] }, clusterDns],
    }),
  };
}

/** Lets the load balancer reach the edges from where it stands, IPv4 ranges; none let nobody through. */
export function loadBalancerPolicy(namespace: string, cidrs: readonly string[]) {
  return policy('load-balancer', namespace, {
    podSelector: pods('edge'),
    policyTypes: ['Ingress'],
    // One rule a range: a rule with an empty list of peers would let everybody through.
    ingress: cidrs.map((cidr) => ({ from: [{ ipBlock: { cidr } }], ports: [tcp(ports.edge)] })),
  });
}

/** Lets a namespace read the statistics of all three workloads. */
export function monitoringPolicies(namespace: string, monitoringNamespace: string) {
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
