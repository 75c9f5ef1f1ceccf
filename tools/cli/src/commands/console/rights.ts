import { AuthorizationV1Api } from '@kubernetes/client-node';
import { CheckError } from '#runtime';
import { askKubernetes, type Kubernetes } from '../verify/observed/kubernetes.ts';

/** What the console does in the namespace. A port-forward by WebSocket is a GET, and so needs `get`. */
const needed = [
  { verb: 'list', resource: 'pods' },
  { verb: 'get', resource: 'pods', subresource: 'log' },
  { verb: 'get', resource: 'pods', subresource: 'portforward' },
] as const;

/** @throws {CheckError} naming what the API server does not let the caller do */
export async function checkRights(kubernetes: Kubernetes, namespace: string): Promise<void> {
  const api = kubernetes.config.makeApiClient(AuthorizationV1Api);
  const missing = await Promise.all(
    needed.map(async (right) => {
      const body = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { ...right, namespace } },
      };
      const review = await askKubernetes(kubernetes, 'what you may do', () =>
        api.createSelfSubjectAccessReview({ body }),
      );
      if (review?.status?.allowed !== false) return [];
      return `${right.verb} ${[right.resource, ...('subresource' in right ? [right.subresource] : [])].join('/')}`;
    }),
  );
  const words = missing.flat();
  if (words.length === 0) return;
  throw new CheckError(
    `${kubernetes.config.getCurrentCluster()?.server} does not let you ${words.join(' and ')} in namespace ${namespace}`,
    'npx envoy-poc access shows how you are given these rights; the role edit in the namespace has them',
  );
}
