import { type ProxyAgents, proxyAgents } from './agents.ts';
import { type Proxies, proxyOf, readProxies } from './proxies.ts';
import { trustBundle } from './trust.ts';

let used: { readonly proxies: Proxies; readonly agents: ProxyAgents } | undefined;

/**
 * Makes this process go through the proxies that its environment names, as Pulumi and the AWS CLI do, and believe AWS_CA_BUNDLE: `fetch` at once,
 * the AWS SDK's clients, WebSockets and Kubernetes by {@link agentsInUse} and {@link proxyInUse}. To be called first.
 *
 * @throws {ProxyError} for a proxy that is none, or a bundle of certificates
 */
export async function useProxies(env: NodeJS.ProcessEnv): Promise<void> {
  await trustBundle(env);
  const proxies = readProxies(env);
  used = proxies && { proxies, agents: proxyAgents(proxies) };
  if (!proxies) return;
  const { proxyFetch } = await import('./fetch.ts');
  proxyFetch(proxies);
}

/** The agents to make requests with; undefined: those that Node has anyway. */
export function agentsInUse(): ProxyAgents | undefined {
  return used?.agents;
}

/** The proxy that leads to a URL in this process, if one does. */
export function proxyInUse(url: string | URL): URL | undefined {
  return proxyOf(used?.proxies, url);
}

/** A cluster of a kubeconfig. */
interface KubernetesCluster {
  readonly server: string;
  readonly proxyUrl?: string;
}

/** Has the Kubernetes client reach a cluster as kubectl does: by its kubeconfig's proxy, else by the environment's. */
export function clusterThroughProxy<C extends KubernetesCluster>(cluster: C): C {
  const proxy = proxyInUse(cluster.server);
  return cluster.proxyUrl || !proxy ? cluster : { ...cluster, proxyUrl: proxy.href };
}

/** ` by the proxy http://proxy:3128`, for messages about a place that cannot be reached; empty where none leads there. */
export function byProxy(url: string | URL): string {
  const proxy = proxyInUse(url);
  return proxy ? ` by the proxy ${proxy.origin} (HTTPS_PROXY, HTTP_PROXY and NO_PROXY say so)` : '';
}
