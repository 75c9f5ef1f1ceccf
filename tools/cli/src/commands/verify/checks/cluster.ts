import type { V1Node } from '@kubernetes/client-node';
import { type Check, fail, type Outcome, pass, skip } from '#runtime';
import type { KubernetesContext } from '../context.ts';
import { apiIsReady, askKubernetes } from '../observed/kubernetes.ts';

/** Whether as many nodes are ready as should be. */
function judgeNodes(nodes: readonly V1Node[], wanted: number | undefined): Outcome {
  const name = ({ metadata }: V1Node) => metadata?.name ?? '';
  const condition = (node: V1Node) => node.status?.conditions?.find(({ type }) => type === 'Ready');
  const bad = nodes.filter((node) => condition(node)?.status !== 'True');
  const good = nodes.length - bad.length;
  const versions = [...new Set(nodes.map(({ status }) => status?.nodeInfo?.kubeletVersion))].join(', ');
  const text = `${good} ready${wanted === undefined ? '' : ` of ${wanted}`}, ${versions || 'no kubelet'}`;
  const [first] = bad;
  if (first) {
    const reasons = bad.map((node) => `${name(node)}: ${condition(node)?.message ?? 'says nothing'}`);
    return fail(`${text}\n${reasons.join('\n')}`, `kubectl describe node ${name(first)}`);
  }
  return good > 0 && good >= (wanted ?? 0) ? pass(text) : fail(text, 'kubectl get nodes');
}

const api: Check<KubernetesContext> = {
  id: 'plane',
  title: 'the API server is ready',
  async run({ kubernetes }) {
    const cluster = await kubernetes();
    const server = cluster.config.getCurrentCluster()?.server;
    const ready = await askKubernetes(cluster, 'its health', () => apiIsReady(cluster));
    return ready
      ? pass(`${server}`)
      : fail(
          `${server} is not ready`,
          `kubectl get --raw '/readyz?verbose' --context ${cluster.config.getCurrentContext()}`,
        );
  },
};

const nodes: Check<KubernetesContext> = {
  id: 'nodes',
  title: 'the nodes are ready',
  needs: ['plane'],
  async run({ kubernetes, nodes: wanted }) {
    const cluster = await kubernetes();
    const list = await askKubernetes(cluster, 'nodes', () => cluster.core.listNode());
    return judgeNodes(list?.items ?? [], await wanted());
  },
};

/** Checks 2 and 3 as Kubernetes sees them. */
export const clusterChecks = [api, nodes] as const;

/** Check 7 as Kubernetes sees it. */
export const ingress: Check<KubernetesContext> = {
  id: 'load-balancer',
  title: 'the load balancer is there',
  needs: ['plane'],
  async run({ kubernetes, namespace }) {
    const cluster = await kubernetes();
    const within = await namespace();
    const list = await askKubernetes(cluster, `Ingresses in ${within}`, () =>
      cluster.networking.listNamespacedIngress({ namespace: within }),
    );
    const [found] = list?.items ?? [];
    if (!found) return skip(`because there is no Ingress in ${within}`);
    const [address] = found.status?.loadBalancer?.ingress ?? [];
    const name = found.metadata?.name;
    return address
      ? pass(`${name} has the address ${address.hostname ?? address.ip}`)
      : fail(`${name} has no address`, `kubectl --namespace ${within} describe ingress ${name}`);
  },
};
