import { kubectl } from '@envoy-poc/layers/real-cluster';
import { deployments } from '@envoy-poc/layers/workloads';
import { type Cluster, namespace } from './cluster.ts';

interface ClientDeployment {
  spec: {
    template: { spec: { containers: [{ env: { name: string; value?: string }[] }] } };
  };
}

/**
 * A pod like the clients', from inside the cluster, that tries far more often than they are allowed to. Ends with its
 * scope.
 */
export async function startLoad(
  cluster: Cluster,
  { attemptsPerSecond, connections }: { attemptsPerSecond: number; connections: number },
): Promise<AsyncDisposable> {
  const name = `app.kubernetes.io/name=${deployments.client}`;
  const [client] = await cluster.get<ClientDeployment>('deployments', name);
  if (!client) throw new Error('there is no Deployment of clients to take the pod from');
  const { spec } = client.spec.template;
  const [container] = spec.containers;
  const changed: Record<string, string> = {
    CONNECTIONS_PER_CLIENT: String(connections),
    ATTEMPT_INTERVAL_SECONDS: String(1 / attemptsPerSecond),
  };
  const env = container.env.map((entry) =>
    entry.name in changed ? { name: entry.name, value: changed[entry.name] } : entry,
  );
  const resources = { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '1', memory: '256Mi' } };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    // The label by which network policies know a client.
    metadata: { name: 'load', namespace, labels: { 'app.kubernetes.io/name': deployments.client } },
    spec: { ...spec, terminationGracePeriodSeconds: 2, containers: [{ ...container, env, resources }] },
  };
  await kubectl(['apply', '-f', '-'], pod);
  await kubectl(['-n', namespace, 'wait', '--for=condition=Ready', 'pod/load', '--timeout=280s']);
  return {
    async [Symbol.asyncDispose]() {
      await kubectl(['-n', namespace, 'delete', 'pod', 'load']);
    },
  };
}
