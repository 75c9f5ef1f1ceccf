import { clusterThroughProxy } from '@envoy-poc/proxy';
import { ApiException, AuthenticationV1Api, AuthorizationV1Api, KubeConfig } from '@kubernetes/client-node';
import { CheckError } from '#runtime';
import type { Right } from './context.ts';

/** A cluster, as a kubeconfig's context says. @throws {CheckError} when the file has no such context */
export function openContext(file: string, context: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(file);
  config.setCurrentContext(context);
  config.clusters = config.clusters.map(clusterThroughProxy);
  if (!config.getCurrentCluster()) {
    throw new CheckError(`${file} has no cluster for the context ${context}`, 'run this again');
  }
  return config;
}

/** The API server does not know the caller. */
export class NotLetIn extends Error {
  override readonly name = 'NotLetIn';
}

/**
 * Who the API server takes the caller for
 * (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review).
 *
 * @throws {NotLetIn} when for nobody
 * @throws {CheckError} when it cannot be asked
 */
export async function whoAmI(config: KubeConfig): Promise<string> {
  const api = config.makeApiClient(AuthenticationV1Api);
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const { status } = await ask(config, () => api.createSelfSubjectReview({ body }));
  const name = status?.userInfo?.username;
  if (name === undefined || name === 'system:anonymous') throw new NotLetIn();
  return name;
}

/** Whether the caller has a right. @throws {CheckError} */
export async function hasRight(config: KubeConfig, right: Right): Promise<boolean> {
  const api = config.makeApiClient(AuthorizationV1Api);
  const { status } = await ask(config, () =>
    api.createSelfSubjectAccessReview({
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: right },
      },
    }),
  );
  return status?.allowed ?? false;
}

async function ask<T>(config: KubeConfig, asking: () => Promise<T>): Promise<T> {
  const server = config.getCurrentCluster()?.server;
  try {
    return await asking();
  } catch (error) {
    if (error instanceof ApiException && error.code === 401) throw new NotLetIn();
    const text =
      error instanceof ApiException
        ? `it answers ${error.code}`
        : error instanceof Error
          ? error.message.trim()
          : String(error);
    throw new CheckError(
      `${server} cannot be asked: ${text}`,
      `kubectl auth whoami --context ${config.getCurrentContext()}`,
      { cause: error },
    );
  }
}
