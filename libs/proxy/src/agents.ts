import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { nodeNoProxy } from './no-proxy.ts';
import type { Proxies } from './proxies.ts';

/** Agents for `node:http` and `node:https`, and what is built on them: the AWS SDK, `ws`. */
export interface ProxyAgents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

/** Makes agents of Node's own that go through proxies; connections are kept as the AWS SDK's agents do. */
export function proxyAgents({ http, https, past }: Proxies): ProxyAgents {
  const options = {
    keepAlive: true,
    maxSockets: 50,
    proxyEnv: {
      ...(http && { http_proxy: http.href }),
      ...(https && { https_proxy: https.href }),
      no_proxy: nodeNoProxy(past),
    },
  };
  return { httpAgent: new HttpAgent(options), httpsAgent: new HttpsAgent(options) };
}
