export { ProxyError } from './proxies.ts';
export { agentsInUse, byProxy, clusterThroughProxy, proxyInUse, useProxies } from './use-proxies.ts';
